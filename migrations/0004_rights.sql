-- Rights, as the writing functions ask for them. The same rules as in the room `acl`, in SQL, because
-- they must be asked under the mailbox's lock; a property test compares both.
--
-- SQLSTATEs that the store translates: PR001 no such mailbox, PR002 denied (the detail names the
-- places of those permits), PR003 exists already, PR004 a limit.

-- The identifiers that mean this account on every mailbox; none for an account that is not there.
create function identifiers_of(_account bigint) returns text[]
language plpgsql stable as $$
begin
  return (select array['anyone', 'authenticated', a.name]
                 || array(select 'group:' || g.name
                            from user_group_member m
                            join user_group g on g.id = m.user_group
                           where m.account = _account)
            from account a
           where a.id = _account);
end
$$;

-- The rights of `_account` on `_mailbox`, as acl::effective has them; none where either is not there.
create function rights_of(_account bigint, _mailbox bigint) returns smallint
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
            left join acl_entry e
                   on e.mailbox = _mailbox
                  and (e.identifier = any (identifiers_of(_account))
                       or e.identifier = 'owner' and n.owner = a.id)
           where a.id = _account
           group by a.id, n.owner);
end
$$;

-- Refuses unless each permit still holds. Cheap when no right changed since they were given.
create function check_permits(
  _mailbox bigint, _rights_version bigint,
  _accounts bigint[], _versions bigint[], _needed smallint[]
) returns void
language plpgsql stable as $$
declare
  _denied text;
begin
  if _rights_version = all (_versions) then
    return;
  end if;
  select string_agg(p.place::text, ',' order by p.place)
    into _denied
    from unnest(_accounts, _versions, _needed) with ordinality as p (account, version, needed, place)
   where p.version <> _rights_version
     and coalesce(rights_of(p.account, _mailbox), 0::smallint) & p.needed <> p.needed;
  if _denied is not null then
    raise exception using errcode = 'PR002', message = 'rights were withdrawn', detail = _denied;
  end if;
end
$$;
