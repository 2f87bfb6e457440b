-- Which rooms are in use, so that who has nothing to do with one pays a look at this table, which is empty as a rule.
create table @extschema@._private_rooms (
  room text primary key
);

alter table @extschema@._private_rooms enable row level security;

comment on table @extschema@._private_rooms is
$$Rooms in use. Who puts something into a room holds its row for key share, or makes it; the sweep removes it once the
room is empty. Nothing is here in a schema that is fresh.$$;
