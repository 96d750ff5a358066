-- What of a mailbox's private flags is `_account`'s own: nothing where it is the owner, whose marks everybody shares.
create or replace function private_flags_for(_account bigint, _owner bigint, _private_flags bigint) returns bigint
language sql immutable as $$
  select case when _owner = _account then 0 else _private_flags end
$$;
