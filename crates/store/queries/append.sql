select uid_validity as "uid_validity!", first_uid as "first_uid!", modseq as "modseq!", contents, answered, answered_modseqs,
       is_alone as "is_alone!"
  from add_messages(
         _mailbox => $1, _actors => $2, _permits => $3, _parts => $4, _messages => $5, _envelopes => $6,
         _structures => $7, _headers => $8, _bodies => $9, _folded => $10, _marks => $11, _growth => $12,
         _shared => $13, _deliveries => $14, _message_ids => $15, _answers => $16,
         _copies => $17)
