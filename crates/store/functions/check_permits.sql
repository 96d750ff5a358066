-- Refuses unless each permit still holds: the rights suffice, and the flag policy is the one that it was
-- given by. Costs next to nothing when no right changed since then.
create or replace function check_permits(
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
  -- What was asked for may have been meant for one, and would now be for all, or the other way round.
  select string_agg(p.place::text, ',' order by p.place)
    into _denied
    from mailbox_name n, unnest(_versions) with ordinality as p (version, place)
   where n.mailbox = _mailbox
     and p.version < n.policy_version;
  if _denied is not null then
    raise exception using errcode = 'PR007', message = 'the policy changed', detail = _denied;
  end if;
end
$$;
