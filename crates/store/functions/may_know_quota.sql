-- Whether `_account` may know a root: it administers the site, or may read in one of its mailboxes.
create or replace function may_know_quota(_account bigint, _root bigint) returns boolean
language plpgsql stable as $$
declare
  _identifiers text[] := identifiers_of(_account) || 'owner'::text;
begin
  return (select a.is_admin from account a where a.id = _account)
      or exists (
           select from mailbox_name n
            where n.quota_root = _root
              and exists (select from acl_entry e
                           where e.mailbox = n.list_of and e.identifier = any (_identifiers))
              and rights_of(_account, n.mailbox) & 2 /* rights: r */ <> 0);
end
$$;
