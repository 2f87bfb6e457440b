"""The fault suite: what is promised holds while workers, servers and networks fail.

    make faults
    python -m tools.faults --seconds 5 "server crash" "backend kills"
    python -m tools.faults "busy handler"

Each fault is inflicted on a database of its own, with two worker processes and a producer. Everybody writes down what
happened to them (journal.py); what was written is judged without asking the database (verdict.py). One line per fault:

- jobs: additions that the client confirmed; unknown: those whose connection was lost during the call;
- runs of handlers; lost: jobs that were confirmed and never ran to completion;
- duplicates: jobs that were run to their end more than once, because their worker died, or was taken for dead, before
  their outcome was known ("in"), and without such a reason ("outside");
- recovery: the longest that a job that was due when the fault struck took to be done, counted from there;
- longest delay: the longest that any job took from when it was due until it was done, outages included.

Exits 1 when anything is wrong; when the recovery from "one SIGKILL", with the defaults, took more than 15 s; and when
too little happened to prove anything. Faults that this machine does not allow are skipped, with the reason. "busy
handler", a minute of computing that must not make its worker look dead, is run only when it is named.
"""
