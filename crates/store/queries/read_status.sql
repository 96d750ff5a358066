-- Counters of mailboxes, unseen as $1 sees them: what it has marked, less what is gone by now; null where the mailbox is
-- still at the mod-sequence of $4, of which that is known. If $3, those as well that no session of $1 was told of.
select m.id, m.rights_version, m.uid_validity, m.uid_next, m.modseq, m.message_count, m.byte_count, m.deleted_count,
       case when m.modseq = asked.known then null
            when private_flags_for($1, n.owner, n.private_flags) & 8 /* flag: seen */ <> 0
            then m.message_count
                 - coalesce((select sum(bit_count(c.bits & ~coalesce(t.bits, b'0'::bit(8192))))
                               from (select f.chunk, bit_xor(f.bits) as bits
                                       from user_flags f
                                      where f.account in (0, $1) and f.mailbox = m.id and f.flag = 3 /* bit: seen */
                                      group by f.chunk) c
                               left join tombstone t on t.mailbox = m.id and t.chunk = c.chunk), 0)::bigint
            else m.unseen_count
       end as "unseen_count?",
       case when not $3 then 0
            when r.uid_next is null then m.message_count
            when r.uid_next >= m.uid_next then 0
            else (select count(*) from entry e where e.mailbox = m.id and e.uid >= r.uid_next)
       end as "recent_count!"
  from unnest($2::bigint[], $4::bigint[]) with ordinality as asked (id, known, place)
  join mailbox m on m.id = asked.id
  join mailbox_name n on n.mailbox = m.id
  left join recent_claim r on $3 and r.account = $1 and r.mailbox = m.id
 order by asked.place
