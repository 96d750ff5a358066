-- Accounts that may not log in for now.

-- The rights of `_account` on `_mailbox`, as acl::effective has them; none where either is not there,
-- and none for an account that is disabled: what its open sessions still write is refused.
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
            left join acl_entry e
                   on e.mailbox = _mailbox
                  and (e.identifier = any (identifiers_of(_account))
                       or e.identifier = 'owner' and n.owner = a.id)
                  and (e.identifier not in ('anyone', 'authenticated')
                       or n.domain in ('', domain_of(a.name)))
           where a.id = _account
             and not a.is_disabled
           group by a.id, n.owner);
end
$$;

-- Closes an account, or opens it again. Every session that is open now has to log in anew, and until it
-- is told so, permits that it holds on mailboxes that name it, or its groups, are asked again.
create function set_disabled(_account bigint, _is_disabled boolean)
returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
begin
  perform a.id from account a where a.id = _account for no key update;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such account';
  end if;
  update account a
     set is_disabled = _is_disabled, password_version = a.password_version + 1
   where a.id = _account
     and a.is_disabled <> _is_disabled;
  if found then
    return query
      select t.mailbox, t.modseq
        from touch_mailboxes(array(
               select n.mailbox
                 from mailbox_name n
                where n.owner = _account
                union
               select e.mailbox
                 from account a
                 join acl_entry e on e.identifier = a.name
                where a.id = _account
                union
               select e.mailbox
                 from unnest(groups_of(_account)) g
                 join acl_entry e on e.identifier = 'group:' || g)) t;
  end if;
end
$$;
