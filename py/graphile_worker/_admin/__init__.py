"""The server of the admin page; `graphile_worker.admin` is its public face. Nothing here is imported unasked."""
