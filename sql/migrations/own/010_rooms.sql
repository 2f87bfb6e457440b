-- Which rooms are in use, so that who has nothing to do with one pays a look at this table, which is empty as a rule.
create table @extschema@._private_rooms (
  room text primary key
);

-- Advanced before the first row is written, ever. Until then pg_sequence_last_value gives null, which costs less than a
-- look at the table. The table's own, so that owner and privileges follow it.
create sequence @extschema@._private_rooms_used owned by @extschema@._private_rooms.room;

alter table @extschema@._private_rooms enable row level security;

comment on sequence @extschema@._private_rooms_used is
$$Whether any room has ever been used: what adds single jobs looks at the table of rooms only then.$$;

comment on table @extschema@._private_rooms is
$$Rooms in use. Who puts something into a room holds its row for key share, or makes it; the sweep removes it once the
room is empty. Nothing is here in a schema that is fresh.$$;
