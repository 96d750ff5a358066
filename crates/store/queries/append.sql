-- One statement also where messages have keywords without a bit ($13 and $14).
select uid_validity as "uid_validity!", first_uid as "first_uid!", modseq as "modseq!",
       case when cardinality($13::bigint[]) > 0
            then add_rare_keywords(_mailbox => $1, _first_uid => first_uid, _places => $13, _numbers => $14)
       end as "rare_keywords?"
  from append_messages(
         _mailbox => $1, _actors => $2, _permits => $3, _parts => $4, _messages => $5, _envelopes => $6,
         _structures => $7, _headers => $8, _bodies => $9, _folded => $10, _marks => $11, _growth => $12)
