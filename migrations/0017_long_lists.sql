-- Lists of thousands of entries, and accounts in as many groups: what concerns one account or one entry is
-- looked up, and no list is walked through.

-- As before, by the names of groups.
create or replace function hold_names(_identifiers text[]) returns void
language plpgsql as $$
declare
  _groups text[] := array(select substr(i, 7) from unnest(_identifiers) i where i like 'group:%');
begin
  perform g.id
     from user_group g
    where g.name = any (_groups)
    order by g.id
      for key share;
  perform a.id
     from account a
    where a.name = any (_identifiers)
    order by a.id
      for key share;
end
$$;

-- The entries of a list that name any of these.
create function entries_naming(_mailbox bigint, _identifiers text[]) returns setof acl_entry
language plpgsql stable rows 10 as $$
begin
  return query
    select e.*
      from unnest(_identifiers) as named (identifier)
     cross join lateral (
             select e.*
               from acl_entry e
              where e.mailbox = _mailbox
                and e.identifier = named.identifier
             offset 0
           ) e;
end
$$;

-- As before, with the entries looked up.
create or replace function rights_of(_account bigint, _mailbox bigint) returns smallint
language plpgsql stable as $$
begin
  return (select (coalesce(bit_or(e.rights) filter (where not e.is_negative), 0::smallint)
                  & ~coalesce(bit_or(e.rights) filter (where e.is_negative), 0::smallint)
                  -- l, a, k and x for owners, and for site administrators where nobody owns; l and a for
                  -- site administrators elsewhere.
                  | case when n.owner = a.id or n.owner = 0 and a.is_admin then 1217
                         when a.is_admin then 1025
                         else 0 end)::smallint
            from account a
            join mailbox_name n on n.mailbox = _mailbox
            left join entries_naming(_mailbox, identifiers_of(_account) || 'owner'::text) e
                   on (e.identifier <> 'owner' or n.owner = a.id)
                  and (e.identifier not in ('anyone', 'authenticated')
                       or n.domain in ('', domain_of(a.name)))
           where a.id = _account
             and not a.is_disabled
           group by a.id, n.owner);
end
$$;

-- As before; a full list is counted only where an entry came to it.
create or replace function set_rights(
  _mailbox bigint, _account bigint, _version bigint, _needed smallint,
  _identifier text, _is_negative boolean, _mode smallint, _rights smallint
) returns bigint
language plpgsql as $$
declare
  _is_new boolean;
begin
  perform hold_names(array[_identifier]);
  perform lock_mailbox(_mailbox, array[_account], array[_version], array[_needed]);
  insert into acl_entry as old (mailbox, identifier, is_negative, rights)
  values (_mailbox, _identifier, _is_negative, case _mode when 2 then 0 else _rights end)
  on conflict (mailbox, identifier, is_negative) do update
     set rights = case _mode
                    when 0 then _rights
                    when 1 then old.rights | _rights
                    else old.rights & ~_rights
                  end
  returning xmax = 0 into _is_new;
  delete from acl_entry e
   where e.mailbox = _mailbox
     and e.identifier = _identifier
     and e.is_negative = _is_negative
     and e.rights = 0;
  if _is_new and (select count(*) from acl_entry e where e.mailbox = _mailbox) > 10000 then
    raise exception using errcode = 'PR004', message = 'the access control list is full';
  end if;
  return (select t.modseq from touch_mailboxes(array[_mailbox]) t);
end
$$;
