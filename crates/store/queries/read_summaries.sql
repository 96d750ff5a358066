-- Mailboxes in numbers, and what kinds of changes each has had since the mod-sequence beside it.
select m.id, m.uid_validity, m.uid_next, m.modseq, m.message_count, m.byte_count, m.deleted_count,
       m.unseen_count, m.rights_version, n.owner,
       n.private_flags & 8 /* flag: seen */ <> 0 as "is_seen_private!",
       w.since < m.log_floor as "is_cut!",
       coalesce(c.kinds, '{}') as "kinds!",
       coalesce(c.accounts, '{}') as "accounts!"
  from unnest($1::bigint[], $2::bigint[]) as w (mailbox, since)
  join mailbox m on m.id = w.mailbox
  join mailbox_name n on n.mailbox = m.id
 cross join lateral (
       select array_agg(distinct c.kind) as kinds,
              array_agg(distinct c.account) filter (where c.kind = 4 /* change: private */) as accounts
         from change c
        where c.mailbox = w.mailbox and c.modseq > w.since
       offset 0) c
