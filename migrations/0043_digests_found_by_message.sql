-- A message that is collected leaves the digests of its mailbox, which are found by that mailbox: the trigger of
-- forget_digests_of_messages. Digests were found by the numbers of contents, in an index that keeps an entry for each number that
-- ever was in one: after fifteen days of the same load it was nearly twice as large.
drop trigger if exists content_leaves_digests on content;
drop index digest_by_content;
