-- Whether an account may send mail as the addresses of a mailbox, by the rules of acl::may_send_as (a property test compares
-- both): as its owner, or by `p` of an entry that names the account, one of its groups or the owner, which no negative entry takes. Not
-- where either is not there, nor for an account that is disabled.
create or replace function may_send_as(_account bigint, _mailbox bigint) returns boolean
language plpgsql stable as $$
begin
  return coalesce(
    (select n.owner = a.id
            or coalesce(bool_or(not e.is_negative
                                and e.identifier not in ('anyone', 'authenticated')
                                and not starts_with(e.identifier, 'domain:')), false)
               and not coalesce(bool_or(e.is_negative), false)
       from account a
       join mailbox_name n on n.mailbox = _mailbox
       left join entries_naming(_mailbox, identifiers_of(_account) || 'owner'::text) e
              on e.rights & 32 /* rights: p */ <> 0
             and (e.identifier <> 'owner' or n.owner = a.id)
             and (e.identifier not in ('anyone', 'authenticated')
                  or n.domain in ('', domain_of(a.name)))
      where a.id = _account
        and not a.is_disabled
      group by a.id, n.owner), false);
end
$$;
