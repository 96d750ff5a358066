-- Somebody got a password right: the failures of this user from this network are forgiven, and no others, so that nobody
-- clears guesses at other people's passwords with logins of his own. Remembers the network as known to the account, up
-- to `_networks_max` of them.
create or replace function forgive_wrong_passwords(
  _account bigint, _name text, _network text, _networks_max integer
) returns void
language plpgsql as $$
declare
  _user     bytea := user_hash(_name);
  _forgiven integer;
begin
  -- A login does not wait for a standby that is away: it is no loss if these are counted once more.
  set local synchronous_commit = local;
  select w.failures
    into _forgiven
    from wrong_password w
   where w.network = _network and w.user_hash = _user;
  if found then
    update wrong_password w
       set failures = greatest(w.failures - _forgiven, 0)
     where w.network = _network and w.user_hash = '';
    update wrong_password w
       set failures = greatest(w.failures - _forgiven, 0)
     where w.network = '' and w.user_hash = _user;
    delete from wrong_password w where w.network = _network and w.user_hash = _user;
  end if;

  -- A write a day and network, not one a login.
  if exists (select from known_network k
              where k.account = _account and k.network = _network and k.seen_at > now() - interval '1 day') then
    return;
  end if;
  insert into known_network (account, network, seen_at)
  select a.id, _network, now()
    from account a
   where a.id = _account
      on conflict (account, network) do update set seen_at = now();
  delete from known_network k
   where k.account = _account
     and k.network in (select o.network
                         from known_network o
                        where o.account = _account
                        order by o.seen_at desc, o.network
                       offset _networks_max);
end
$$;
