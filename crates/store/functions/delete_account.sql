-- Removes an account with its tree, and its name from every list: who is called so later is another.
-- Returns what to wake.
create or replace function delete_account(_account bigint) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _name    text;
  _own     bigint[];
  _naming  bigint[];
begin
  perform lock_login_alone(_account);
  perform lock_tree(_account);
  select a.name into _name from account a where a.id = _account for update;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such account';
  end if;
  _own := array(select n.mailbox from mailbox_name n where n.owner = _account);
  _naming := mailboxes_naming(_name);
  perform lock_mailboxes(_own || _naming);
  return query select m.id, m.modseq + 1 from mailbox m where m.id = any (_own);
  perform erase_mailboxes(_own, row(null, null, null)::actor);
  delete from acl_entry e where e.identifier = _name;
  delete from user_flags f where f.account = _account;
  delete from account a where a.id = _account;
  return query select t.mailbox, t.modseq from touch_mailboxes(_naming) t;
  insert into activity (kind, detail) values (16 /* activity: account */, _name || ' deleted');
end
$$;
