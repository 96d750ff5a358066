-- What a removed message takes until its content is collected (ADR 0053): its bytes, and its rows.
create or replace function room_of_removed(_size integer) returns bigint
language sql immutable as $$
  select _size::bigint + 1024
$$;
