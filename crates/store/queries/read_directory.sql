-- What the log of the directory in cluster $6 has since $1, less the transactions $2, and which of the accounts $3 may see
-- each mailbox by now (or may not: negative entries are left for acl::effective). One statement, so one moment.
with news as materialized (
  select d.xid, d.kind, d.mailbox, d.account, d.entry
    from directory_change d
   where d.xid >= $1
     and d.xid <> all ($2)
     and d.cluster = $6
   limit $4::bigint + 1
), change as materialized (
  select distinct n.kind, n.mailbox, n.account, n.entry
    from news n
), watching as materialized (
  select a.id, a.is_admin, identifiers_of(a.id) || 'owner'::text as identifiers
    from account a
   where a.id = any ($3)
), told as (
  select c.kind, c.mailbox, c.account, c.entry from change c
   union all
  select 1 /* directory: mailbox */::smallint, c.mailbox, w.id, ''
    from change c, watching w
   where c.kind = 1 /* directory: mailbox */
     and (w.is_admin
          or exists (select from mailbox_name n
                       join acl_entry e on e.mailbox = n.list_of
                      where n.mailbox = c.mailbox and e.identifier = any (w.identifiers))
          or exists (select from mailbox_name n where n.mailbox = c.mailbox and n.owner = w.id))
)
select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as "mark!",
       array(select distinct n.xid from news n) as "xids!",
       extract(epoch from now())::bigint as "at!",
       -- What was logged an hour before may be trimmed.
       (select count(*) > $4::bigint from news n) or extract(epoch from now())::bigint - $5::bigint > 3600 as "is_too_much!",
       coalesce(array_agg(t.kind), '{}') as "kinds!",
       coalesce(array_agg(t.mailbox), '{}') as "mailboxes!",
       coalesce(array_agg(t.account), '{}') as "accounts!",
       coalesce(array_agg(t.entry), '{}') as "entries!"
  from told t
