-- Forgets a subscription. In another's tree, what exists there stays unwanted.
create or replace function unsubscribe(_account bigint, _owner bigint, _path text) returns void
language plpgsql as $$
begin
  delete from subscription s
   where s.account = _account and s.owner = _owner and s.path = _path;
  insert into subscription (account, owner, path, is_wanted)
  select _account, n.owner, n.path, false
    from mailbox_name n
   where n.owner = _owner and n.path = _path and n.owner <> _account
  on conflict (account, owner, path) do nothing;
end
$$;
