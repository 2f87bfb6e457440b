-- Nobody adds or claims a job from here on.
lock table @extschema@.jobs, @extschema@.job_queues in access exclusive mode;
