-- Revision 16: the tables are nobody's business but the functions'.
alter table @extschema@.jobs rename to _private_jobs;
alter table @extschema@.job_queues rename to _private_job_queues;
alter table @extschema@.tasks rename to _private_tasks;
alter table @extschema@.known_crontabs rename to _private_known_crontabs;
