-- Refuses unless all of these keywords have numbers: the mailbox had no room for the others.
create or replace function check_keywords(_mailbox bigint, _names text[]) returns void
language plpgsql stable as $$
begin
  if exists (select from unnest(_names) n
              where not exists (select from keyword k
                                 where k.mailbox = _mailbox and lower(k.name) = lower(n))) then
    raise exception using errcode = 'PR042', message = 'the mailbox has no room for another keyword';
  end if;
end
$$;
