-- Finds who is to be told of a mailbox by what was noted longer ago than `_older_than`, at most `_accounts_max` at once: each is a
-- row of `access_letter` from then on. Returns how much was looked at; 0 when nothing is left. Changes that gave come
-- first, so that those that took are still known; these are kept for an hour: whoever is given again what was taken a moment ago,
-- by another entry or group, is told nothing. Nothing noted is locked before the accounts and the mailbox of a letter are, as in the order
-- of locks. Only one frontend calls it at a time, and two would do no harm.
create or replace function find_letters(_older_than interval, _accounts_max integer) returns integer
language plpgsql as $$
declare
  _before   timestamptz := now() - _older_than;
  _change   entry_change;
  _accounts bigint[];
  _groups   bigint[];
  _gone     integer;
begin
  select c.*
    into _change
    from entry_change c
   where c.at < _before
     -- An entry that gives now, or one that took and does no longer.
     and c.had_lookup = c.is_negative
     and c.is_negative <> exists (select
                                    from acl_entry e
                                   where e.mailbox = c.mailbox
                                     and e.identifier = c.identifier
                                     and e.is_negative = c.is_negative
                                     and e.rights & 1 /* rights: l */ <> 0)
   order by c.at, c.mailbox, c.identifier, c.is_negative
   limit 1;
  if found then
    _accounts := array(
      select p.id
        from (select a.id from account a where a.name = _change.identifier
               union
              select m.account
                from user_group g
                join effective_member m on m.user_group = g.id
               where 'group:' || g.name = _change.identifier) p
       where p.id > _change.looked_at
       order by p.id
       limit _accounts_max);
    insert into access_letter (account, mailbox, giver, since)
    select p, _change.mailbox, _change.giver, _change.at
      from unnest(_accounts) p
     where p <> _change.giver
       and was_given(p, _change.mailbox)
    on conflict (account, mailbox) do nothing;
    if cardinality(_accounts) < _accounts_max then
      delete from entry_change c
       where c.mailbox = _change.mailbox
         and c.identifier = _change.identifier
         and c.is_negative = _change.is_negative;
    else
      update entry_change c
         set looked_at = _accounts[_accounts_max]
       where c.mailbox = _change.mailbox
         and c.identifier = _change.identifier
         and c.is_negative = _change.is_negative;
    end if;
    return cardinality(_accounts) + 1;
  end if;

  select array_agg(c.account), array_agg(c.user_group)
    into _accounts, _groups
    from (select c.account, c.user_group
            from member_change c
           where c.at < _before
             and not c.was_member
           order by c.at, c.account, c.user_group
           limit _accounts_max) c;
  if _accounts is not null then
    insert into access_letter (account, mailbox)
    select distinct p.account, e.mailbox
      from unnest(_accounts, _groups) as p (account, user_group)
      join user_group g on g.id = p.user_group
      join acl_entry e on e.identifier = 'group:' || g.name and not e.is_negative
     where e.rights & 1 /* rights: l */ <> 0
       and was_given(p.account, e.mailbox)
    on conflict (account, mailbox) do nothing;
    delete from member_change c
     using unnest(_accounts, _groups) as p (account, user_group)
     where c.account = p.account
       and c.user_group = p.user_group;
    return cardinality(_accounts);
  end if;

  with gone as (
    delete from entry_change c
     where c.at < _before
       and (c.at < now() - interval '1 hour'
            or c.had_lookup = exists (select
                                        from acl_entry e
                                       where e.mailbox = c.mailbox
                                         and e.identifier = c.identifier
                                         and e.is_negative = c.is_negative
                                         and e.rights & 1 /* rights: l */ <> 0))
    returning 1
  )
  select count(*) into _gone from gone;
  delete from member_change c where c.at < least(_before, now() - interval '1 hour');
  -- Of what has an owner by now.
  delete from access_letter l where l.since < now() - interval '7 days';
  return 0;
end
$$;
