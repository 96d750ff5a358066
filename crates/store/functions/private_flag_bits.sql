-- The policy that these words mean; keywords that are new get numbers. Refuses with PR049 when one of them has no bit, and
-- cannot be private (ADR 0055). The caller holds the mailbox's lock.
create or replace function private_flag_bits(_mailbox bigint, _names text[]) returns bigint
language plpgsql as $$
declare
  _keywords text[] := array(select n from unnest(_names) n where not starts_with(n, '\'));
begin
  perform add_keywords(_mailbox, _keywords);
  perform check_keywords(_mailbox, _keywords);
  if exists (select from keyword k
              where k.mailbox = _mailbox and k.number >= 57 /* limits::KEYWORDS_WITH_BIT_MAX */
                and lower(k.name) in (select lower(n) from unnest(_keywords) n)) then
    raise exception using errcode = 'PR049', message = 'a keyword without a bit cannot be private';
  end if;
  return (select coalesce(bit_or(b.bit), 0)
            from private_flag b
            left join keyword k on k.mailbox = _mailbox and k.number = b.flag - 6
           where lower(coalesce(b.name, k.name)) in (select lower(n) from unnest(_names) n));
end
$$;
