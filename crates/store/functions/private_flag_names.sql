-- The flags of a policy as words.
create or replace function private_flag_names(_mailbox bigint, _private bigint) returns text
language sql stable as $$
  select coalesce(string_agg(coalesce(b.name, k.name), ' ' order by b.flag), '')
    from private_flag b
    left join keyword k on k.mailbox = _mailbox and k.number = b.flag - 6
   where b.bit & _private <> 0
$$;
