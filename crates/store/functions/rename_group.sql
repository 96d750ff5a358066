-- Gives a group another name, in every list as well. The caller holds `lock_groups`. Returns what to wake.
create or replace function rename_group(_group bigint, _name text) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _old       text;
  _new       text := 'group:' || _name;
  _mailboxes bigint[];
begin
  perform hold_groups(array[_group]);
  select 'group:' || g.name into _old from user_group g where g.id = _group;
  _mailboxes := mailboxes_naming(_old) || mailboxes_naming(_new);
  perform lock_mailboxes(_mailboxes);
  update user_group g set name = _name where g.id = _group;
  -- A list may name the new name already: no group was called so.
  delete from acl_entry e where e.identifier = _new;
  update acl_entry e set identifier = _new where e.identifier = _old;
  delete from entry_change c where c.identifier = _new;
  update entry_change c set identifier = _new where c.identifier = _old;
  insert into activity (kind, detail)
  values (15 /* activity: group */, substr(_old, 7) || ' is called ' || _name);
  return query select t.mailbox, t.modseq from touch_mailboxes(_mailboxes) t;
end
$$;
