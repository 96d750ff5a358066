-- Refuses unless each writer may still write: its logins hold, its rights suffice, and the flag policy is the one by
-- which it got its permit. The detail of the error names the places of those who may not, from 1. The caller has
-- called lock_logins, and holds the mailbox's lock. Rights are looked up only where they changed since a permit was
-- given. A letter may be filed elsewhere than where it is addressed to, which is the mailbox of its permit then, locked too;
-- it has no flags, so that no policy concerns it.
create or replace function check_writers(
  _mailbox bigint, _rights_version bigint, _actors actor[], _permits permit[]
) returns void
language plpgsql stable as $$
declare
  _denied text;
  _is_old boolean;
begin
  select string_agg(w.place::text, ',') filter (
           where exists (select from unnest(w.logins) as login
                          where case when login.account > 0
                                     then (select a.password_version
                                             from account a
                                            where a.id = login.account
                                              and not a.is_disabled)
                                     -- Below zero are access tokens.
                                     else token_version(-login.account, w.needed)
                                end is distinct from login.password_version)
              or (w.mailbox <> _mailbox or w.rights_version <> _rights_version)
                 and coalesce(rights_of(w.account, w.mailbox), 0::smallint) & w.needed <> w.needed),
         bool_or(w.rights_version <> _rights_version)
    into _denied, _is_old
    from unnest(_actors, _permits) with ordinality
      as w (account, session, logins, mailbox, rights_version, needed, place);
  if _denied is not null then
    raise exception using errcode = 'PR002', message = 'login or rights were withdrawn', detail = _denied;
  end if;
  if not _is_old then
    return;
  end if;
  -- What was asked for may have been meant for one, and would now be for all, or the other way round.
  select string_agg(w.place::text, ',')
    into _denied
    from mailbox_name n, unnest(_permits) with ordinality as w (mailbox, rights_version, needed, place)
   where n.mailbox = _mailbox
     and w.needed & ~32 /* rights: p */ <> 0
     and w.rights_version < n.policy_version;
  if _denied is not null then
    raise exception using errcode = 'PR007', message = 'the policy changed', detail = _denied;
  end if;
end
$$;
