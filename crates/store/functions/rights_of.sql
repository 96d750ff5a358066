-- The rights of `_account` on `_mailbox`, by the rules of acl::effective (a property test compares both),
-- because they must be asked under the mailbox's lock. Null where either is not there, and for an account
-- that is disabled: what its open sessions still write is refused. Entries are looked up, however long
-- the list is. Account 0 is whoever is not logged in.
create or replace function rights_of(_account bigint, _mailbox bigint) returns smallint
language plpgsql stable as $$
begin
  if _account = 0 then
    return (select (coalesce(bit_or(e.rights) filter (where not e.is_negative), 0::smallint)
                    & ~coalesce(bit_or(e.rights) filter (where e.is_negative), 0::smallint))::smallint
              from mailbox_name n
              left join entries_naming(_mailbox, array['anyone']) e on true
             where n.mailbox = _mailbox
             group by n.mailbox);
  end if;
  return (select (coalesce(bit_or(e.rights) filter (where not e.is_negative), 0::smallint)
                  & ~coalesce(bit_or(e.rights) filter (where e.is_negative), 0::smallint)
                  -- l, a, k and x for owners, and for site administrators where nobody owns; l and a for
                  -- site administrators elsewhere.
                  | case when n.owner = a.id or n.owner = 0 and a.is_admin then 1217 /* rights: lkxa */
                         when a.is_admin then 1025 /* rights: la */
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
