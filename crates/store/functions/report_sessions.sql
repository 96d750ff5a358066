-- Notes what changed on a node since it last reported, and that it is alive. Answers whether the node was
-- not known, so that it must report everything, and which of its sessions shall end. Nodes that said
-- nothing for a minute are gone.
create or replace function report_sessions(
  _node bigint, _name text, _gone bigint[], _sessions bigint[], _accounts bigint[],
  _account_names text[], _addresses text[], _clients text[], _mailboxes bigint[], _since bigint[],
  out is_new boolean, out ending bigint[]
)
language plpgsql as $$
begin
  -- It is told anew to another database, and waits for no standby.
  set local synchronous_commit = local;
  update node n set seen_at = clock_timestamp() where n.id = _node;
  is_new := not found;
  if is_new then
    insert into node (id, name, seen_at) values (_node, _name, clock_timestamp());
  end if;
  delete from node n where n.seen_at < clock_timestamp() - interval '1 minute';
  delete from open_session s where s.session = any (_gone);
  insert into open_session as known (
    session, node, account, account_name, address, client, mailbox, since
  )
  select r.session, _node, r.account, r.account_name, r.address, r.client, r.mailbox,
         to_timestamp(r.since)
    from unnest(_sessions, _accounts, _account_names, _addresses, _clients, _mailboxes, _since)
      as r (session, account, account_name, address, client, mailbox, since)
  on conflict (session) do update
     set client = excluded.client, mailbox = excluded.mailbox;
  ending := array(select s.session from open_session s where s.node = _node and s.is_ending);
end
$$;
