-- Lets a domain be another one, or none where `_target` is null. Refuses with PR047 where it would be itself by others, or
-- too many one after the other. Returns whether something changed.
create or replace function set_domain_alias(_actor actor, _domain text, _target text) returns boolean
language plpgsql as $$
begin
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  perform lock_addresses();
  if _target is null then
    delete from domain_alias d where d.domain = _domain;
    return found;
  end if;
  if _domain = any (domain_chain(_target)) then
    raise exception using errcode = 'PR047', message = 'a domain would be an alias of itself';
  end if;
  insert into domain_alias as old (domain, target)
  values (_domain, _target)
  on conflict (domain) do update
     set target = _target
   where old.target <> _target;
  if not found then
    return false;
  end if;
  perform domain_chain(d.domain)
     from domain_alias d;
  return true;
end
$$;
