-- Revision 18: who adds a job notifies the workers; a trigger did it before.
drop trigger if exists _900_after_insert on @extschema@._private_jobs;
drop function if exists @extschema@.tg_jobs__after_insert();
