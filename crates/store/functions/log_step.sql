-- Writes down that something was done to a mailbox.
create or replace function log_step(_actor actor, _kind smallint, _mailbox bigint, _detail text) returns void
language sql as $$
  insert into activity (kind, session, account, mailbox, owner, path, detail)
  select _kind, _actor.session, _actor.account, n.mailbox, n.owner, n.path, _detail
    from mailbox_name n
   where n.mailbox = _mailbox
$$;
