-- The flags of a mailbox that `_account` has for itself: none where it is the owner.
create or replace function private_flags_of(_account bigint, _mailbox bigint) returns bigint
language plpgsql stable as $$
begin
  return (select case when n.owner = _account then 0 else n.private_flags end
            from mailbox_name n
           where n.mailbox = _mailbox);
end
$$;
