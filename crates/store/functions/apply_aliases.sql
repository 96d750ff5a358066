-- Lets addresses no longer lead to others, and then others lead to some, folded as `local@domain`; a domain, written `@domain`, that leads
-- to one is another name of it. All of it or nothing. Refuses with PR007 where aliases are no longer what `_version` stands for, PR001
-- where one would lead nowhere, PR047 and PR048 where too much would be on the way. Only for site administrators.
create or replace function apply_aliases(
  _actor actor, _version text, _separator text, _addresses text[], _spellings text[], _targets text[], _target_spellings text[],
  _lead boolean[]
) returns void
language plpgsql as $$
declare
  _new address;
begin
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  perform lock_addresses();
  if aliases_version() <> _version then
    raise exception using errcode = 'PR007', message = 'aliases were changed meanwhile';
  end if;
  if (select a.is_admin and not a.is_disabled from account a where a.id = _actor.account) is not true then
    raise exception using errcode = 'PR002', message = 'only for site administrators', detail = '1';
  end if;

  delete from domain_alias d
   using unnest(_addresses, _targets, _target_spellings, _lead) as w (address, target, target_spelling, leads)
   where not w.leads and starts_with(w.target_spelling, '@')
     and '@' || d.domain = w.address and '@' || d.target = w.target;
  delete from address a
   using unnest(_addresses, _targets, _target_spellings, _lead) as w (address, target, target_spelling, leads)
   where not w.leads and not starts_with(w.target_spelling, '@')
     and coalesce(a.local, '') || '@' || a.domain = w.address and a.alias_local || '@' || a.alias_domain = w.target;

  insert into domain_alias (domain, target)
  select substr(w.address, 2), substr(w.target, 2)
    from unnest(_addresses, _targets, _target_spellings, _lead) as w (address, target, target_spelling, leads)
   where w.leads and starts_with(w.target_spelling, '@');
  insert into address (local, domain, spelling, alias_local, alias_domain, alias_spelling)
  select nullif(substring(w.address from '^(.*)@'), ''), substring(w.address from '@([^@]*)$'), w.spelling,
         substring(w.target from '^(.*)@'), substring(w.target from '@([^@]*)$'), w.target_spelling
    from unnest(_addresses, _spellings, _targets, _target_spellings, _lead) as w (address, spelling, target, target_spelling, leads)
   where w.leads and not starts_with(w.target_spelling, '@');

  perform domain_chain(d.domain) from domain_alias d;
  for _new in
    select a.*
      from address a
      join unnest(_addresses, _targets, _lead) as w (address, target, leads)
        on coalesce(a.local, '') || '@' || a.domain = w.address and a.alias_local || '@' || a.alias_domain = w.target
     where w.leads
  loop
    if not exists (select from route_address(_new.alias_local, _new.alias_domain, _separator) r where r.step = 6) then
      raise exception using errcode = 'PR001', message = 'no such address';
    end if;
    perform check_routes(_new.local, _new.domain, _separator);
  end loop;
end
$$;
