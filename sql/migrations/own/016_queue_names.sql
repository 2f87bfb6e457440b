-- In the order of bytes, where names that begin alike stand together whatever the collation of the database.
create index job_queues_name_index on @extschema@._private_job_queues (queue_name collate "C");
