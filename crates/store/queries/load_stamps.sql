-- When account $1 changed its private flags in each of the mailboxes $2. What the log has forgotten counts as changed
-- where the log begins.
select s.mailbox as "mailbox!", s.modseq as "modseq!", s.uids as "uids!"
  from unnest($2::bigint[]) as asked (id)
 cross join lateral (
         select c.mailbox, c.modseq, c.uids::text as uids
           from change c
          where c.mailbox = asked.id and c.kind = 4 /* change: private */ and c.account = $1
          union all
         select m.id, m.log_floor,
                range_agg(int8range(greatest(f.chunk * 8192::bigint, 1), (f.chunk + 1) * 8192::bigint))::text
           from mailbox m
           join user_flags f on f.mailbox = m.id and f.account in (0, $1)
          where m.id = asked.id and m.log_floor > 0
          group by m.id
         offset 0
       ) s
 order by s.mailbox, s.modseq
