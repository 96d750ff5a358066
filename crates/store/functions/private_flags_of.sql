-- The flags of a mailbox that `_account` has for itself.
create or replace function private_flags_of(_account bigint, _mailbox bigint) returns bigint
language plpgsql stable as $$
begin
  return (select private_flags_for(_account, n.owner, n.private_flags)
            from mailbox_name n
           where n.mailbox = _mailbox);
end
$$;
