-- Gives numbers to keywords that the mailbox has not seen, and returns all keywords that it has, in the
-- order of their numbers.
create or replace function number_keywords(
  _mailbox bigint, _account bigint, _version bigint, _needed smallint, _names text[]
) returns text[]
language plpgsql as $$
begin
  perform lock_mailbox(_mailbox, array[_account], array[_version], array[_needed]);
  perform add_keywords(_mailbox, _names);
  if exists (
    select from unnest(_names) n
     where not exists (select from keyword k
                        where k.mailbox = _mailbox and lower(k.name) = lower(n))
  ) then
    raise exception using errcode = 'PR004', message = 'the mailbox has no room for another keyword';
  end if;
  return array(select k.name from keyword k where k.mailbox = _mailbox order by k.number);
end
$$;
