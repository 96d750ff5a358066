-- Counters of mailboxes, unseen as $1 sees them: what it has marked, less what is gone by now.
select m.id, m.rights_version, m.uid_validity, m.uid_next, m.modseq, m.message_count, m.byte_count, m.deleted_count,
       case when private_flags_for($1, n.owner, n.private_flags) & 8 /* flag: seen */ <> 0
            then m.message_count
                 - coalesce((select sum(bit_count(c.bits & ~coalesce(t.bits, b'0'::bit(8192))))
                               from (select f.chunk, bit_xor(f.bits) as bits
                                       from user_flags f
                                      where f.account in (0, $1) and f.mailbox = m.id and f.flag = 3 /* bit: seen */
                                      group by f.chunk) c
                               left join tombstone t on t.mailbox = m.id and t.chunk = c.chunk), 0)::bigint
            else m.unseen_count
       end as "unseen_count!"
  from unnest($2::bigint[]) with ordinality as asked (id, place)
  join mailbox m on m.id = asked.id
  join mailbox_name n on n.mailbox = m.id
 order by asked.place
