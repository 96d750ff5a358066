-- Gives new keywords the numbers of those that are on no message and in no policy, as far as there are any. Whoever has
-- decided by the old names decides again (PR007), and open sessions learn the new ones (ADR 0050). A number that was given a
-- moment ago is left to whoever is about to use it. A look at all messages of the mailbox, whose lock the caller holds.
create or replace function reuse_numbers(_mailbox bigint, _names text[]) returns void
language plpgsql as $$
declare
  _used bigint;
  _rare smallint[];
  _free smallint[];
begin
  -- Private keywords have their bits elsewhere, so that each that the policy names counts as used.
  select n.private_flags | coalesce((select bit_or(e.flags) from entry e where e.mailbox = _mailbox), 0)
    into _used
    from mailbox_name n
   where n.mailbox = _mailbox;
  _rare := array(select distinct number from entry_keyword k, unnest(k.numbers) as number where k.mailbox = _mailbox);
  _free := array(
    select k.number
      from keyword k
      left join lateral (
             select max(r.retired_at) as at
               from retired_keyword r
              where r.mailbox = _mailbox and r.number = k.number) last on true
     where k.mailbox = _mailbox
       and case when k.number < 57 /* limits::KEYWORDS_WITH_BIT_MAX */ then _used >> (k.number + 6) & 1 = 0
                else k.number <> all (_rare)
           end
       and (last.at is null or last.at < clock_timestamp() - interval '10 seconds')
     order by last.at nulls first, k.number
     limit cardinality(_names));
  if _free = '{}' then
    return;
  end if;

  insert into retired_keyword (mailbox, number, name, retired_at)
  select k.mailbox, k.number, k.name, clock_timestamp()
    from keyword k
   where k.mailbox = _mailbox and k.number = any (_free);
  update keyword k
     set name = r.name
    from unnest(_free, _names) as r (number, name)
   where k.mailbox = _mailbox and k.number = r.number;
  perform touch_mailboxes(array[_mailbox]);
  update mailbox_name n
     set policy_version = m.rights_version
    from mailbox m
   where n.mailbox = _mailbox and m.id = _mailbox;
end
$$;
