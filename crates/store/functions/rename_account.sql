-- Gives an account another name, in every list as well. Sessions under the old name end. Returns what to wake.
create or replace function rename_account(_account bigint, _name text) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _old       text;
  _mailboxes bigint[];
begin
  perform lock_login_alone(_account);
  perform lock_tree(_account);
  select a.name into _old from account a where a.id = _account for update;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such account';
  end if;
  _mailboxes := mailboxes_naming(_old) || mailboxes_naming(_name)
                || array(select n.mailbox from mailbox_name n where n.owner = _account);
  perform lock_mailboxes(_mailboxes);
  update account a
     set name = _name, password_version = a.password_version + 1
   where a.id = _account;
  -- A list may name the new name already: nobody was called so.
  delete from acl_entry e where e.identifier = _name;
  update acl_entry e set identifier = _name where e.identifier = _old;
  delete from entry_change c where c.identifier = _name;
  update entry_change c set identifier = _name where c.identifier = _old;
  -- What is in its tree is called otherwise for others, and may be in another domain.
  update mailbox_name n set owner = n.owner where n.owner = _account;
  insert into activity (kind, detail) values (16 /* activity: account */, _old || ' is called ' || _name);
  return query select t.mailbox, t.modseq from touch_mailboxes(_mailboxes) t;
end
$$;
