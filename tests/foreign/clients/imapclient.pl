# Mail::IMAPClient: Ada and Bo on two frontends, in a mailbox that Ada may administer.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Judge;
use Mail::IMAPClient;

use constant SECONDS_TO_HEAR_MAX => 30;

my $told    = invitation();
my $mailbox = $told->{mailbox};
my $bo      = $told->{bo}{user};
my $here    = log_in("ada", 0);
my $there   = log_in("bo",  1);

what_is_hidden_answers_as_what_is_missing();
rights_are_given_and_shown();
who_idles_hears_of_every_change();
flags_and_copies_need_their_rights();
rights_are_taken_away();

$_->logout() for $here, $there;

sub log_in {
    my ($person, $node) = @_;
    my $session = Mail::IMAPClient->new(
        Server   => "127.0.0.1",
        Port     => $told->{ports}[$node],
        Ssl      => [SSL_verify_mode => 0],
        User     => $told->{$person}{user},
        Password => $told->{$person}{password},
        Timeout  => 60,
    );
    return done("login of $person", $session);
}

sub what_is_hidden_answers_as_what_is_missing {
    my $missing = "$mailbox-missing";
    for my $command (qw(select status myrights getacl listrights)) {
        my $hidden = refused("$command of a hidden mailbox", scalar $there->$command($mailbox));
        my $none   = refused("$command of no mailbox",       scalar $there->$command($missing));
        # The tags count up.
        s/^\d+ // for $hidden, $none;
        $none =~ s/\Q$missing\E/$mailbox/g;
        same("$command of a hidden mailbox", $hidden, $none);
    }
}

sub rights_are_given_and_shown {
    done("setacl", scalar $here->setacl($mailbox, $bo, "lrs"));
    same("getacl", $here->getacl($mailbox)->{$bo}, "lrs");
    done("myrights", scalar $there->myrights($mailbox));
    said($there, qr/^\* MYRIGHTS "\Q$mailbox\E" lrs$/);
    # Its own reading of this answer takes a space in the name for the end of it.
    done("listrights", scalar $here->listrights($mailbox, $bo));
    said($here, qr/^\* LISTRIGHTS "\Q$mailbox\E" \Q$bo\E "" l r s /);
    refused("setacl without a", scalar $there->setacl($mailbox, $bo, "+a"));
}

sub who_idles_hears_of_every_change {
    done("select", $_->select($mailbox)) for $here, $there;
    my $tag = done("idle", $there->idle());
    my $uid = done("append", $here->append_string($mailbox, "Subject: to all\n\nHello.\n"));
    hears($there, qr/^\* 1 EXISTS/);
    done("store", scalar $here->store($uid, "+FLAGS.SILENT", "(\\Answered)"));
    hears($there, qr/^\* 1 FETCH \(.*\\Answered/);
    done("done", $there->done($tag));
}

sub flags_and_copies_need_their_rights {
    my ($uid) = @{ done("search", scalar $there->messages()) };
    done("see", scalar $there->see($uid));
    same("seen by bo",  join(" ", sort $there->flags($uid)), "\\Answered \\Recent \\Seen");
    same("seen by ada", join(" ", sort $here->flags($uid)),  "\\Answered \\Recent");

    refused("copy without i", scalar $there->copy($mailbox, $uid));
    done("setacl +", scalar $here->setacl($mailbox, $bo, "+i"));
    my $copy = done("copy", scalar $there->copy($mailbox, $uid));
    same("the copy's UID is a new one", $copy > $uid, 1);
    same("messages", scalar @{ $there->messages() }, 2);
}

sub rights_are_taken_away {
    done("close",     scalar $there->close());
    done("deleteacl", scalar $here->deleteacl($mailbox, $bo));
    same("getacl after deleteacl", $here->getacl($mailbox)->{$bo} // "none", "none");
    refused("select after deleteacl", $there->select($mailbox));
}

# That the last command was answered with such a line.
sub said {
    my ($session, $pattern) = @_;
    my @lines = map { s/\r?\n$//r } $session->History();
    same("answer like $pattern in '@lines'", (grep { $_ =~ $pattern } @lines) + 0, 1);
}

# Waits for such a line while IDLE is under way.
sub hears {
    my ($session, $pattern) = @_;
    my $until = time() + SECONDS_TO_HEAR_MAX;
    while (time() < $until) {
        my $lines = done("idle_data", scalar $session->idle_data(1));
        return if grep { $_ =~ $pattern } @$lines;
    }
    die "nothing like $pattern was heard while idling\n";
}
