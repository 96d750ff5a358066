-- The policy that these words mean; keywords that are new get numbers. The caller holds the mailbox's lock.
create or replace function private_flag_bits(_mailbox bigint, _names text[]) returns bigint
language plpgsql as $$
declare
  _keywords text[] := array(select n from unnest(_names) n where not starts_with(n, '\'));
begin
  perform add_keywords(_mailbox, _keywords);
  perform check_keywords(_mailbox, _keywords);
  return (select coalesce(bit_or(b.bit), 0)
            from private_flag b
            left join keyword k on k.mailbox = _mailbox and k.number = b.flag - 6
           where lower(coalesce(b.name, k.name)) in (select lower(n) from unnest(_names) n));
end
$$;
