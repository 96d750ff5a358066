-- The private flags of account $1 in each of the mailboxes $2.
select f.mailbox as "mailbox!", f.flag as "flag!", f.chunk as "chunk!", bit_send(bit_xor(f.bits)) as "bits!"
  from unnest($2::bigint[]) as asked (id)
 cross join lateral (
         select f.mailbox, f.flag, f.chunk, f.bits
           from user_flags f
          -- What everybody began with, and where the account has the opposite of it.
          where f.account in (0, $1) and f.mailbox = asked.id
         offset 0
       ) f
 group by f.mailbox, f.flag, f.chunk
 order by f.mailbox, f.flag, f.chunk
