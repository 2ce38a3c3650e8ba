#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# docs/ci.md, docs/ci/hotplug.yml and docs/embedding.md as a user follows them: each command of the first, each `run' of the
# second and the first lines of the third, as they are written there, in a home with an imsicle, a QEMU and an OpenSBI where the
# pages say. Scripts replace QEMU, ssh and ninja, so that commands of hours end immediately; the last command runs the real QEMU.
# From the environment: BUILD QEMU FIRMWARE.
# Needs: all
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use JSON::PP ();
use Test::More tests => 57;

my $top = abs_path(dirname($0) . '/../..');
my $build = abs_path($ENV{BUILD} || 'build');
chomp(my $qemu = `command -v '@{[$ENV{QEMU} || 'qemu-system-riscv64']}'`);
my $home = abs_path(tempdir(CLEANUP => 1));

sub slurp { my ($name) = @_; open my $f, '<', $name or return ''; local $/; return <$f> // '' }

sub put {
    my ($name, $text) = @_;
    make_path(dirname("$home/$name"));
    open my $f, '>', "$home/$name" or die "$name: $!";
    print $f $text;
    close $f or die "$name: $!";
    chmod 0755, "$home/$name";
}

# --- the home ---------------------------------------------------------------------------------------------------------
# A built tree of its own: commands that run there do not interfere with other tests that write into BUILD.
make_path("$home/imsicle/build", "$home/bin");
symlink $_, "$home/imsicle/" . s{.*/}{}r for grep { $_ ne "$top/build" } glob "$top/*";
system 'cp', '-a', "$build/.flags", glob("$build/{obj,payload.*,tables.*,lib*.a}"), "$home/imsicle/build" and die;
symlink "$top/build/dl", "$home/imsicle/build/dl";
put('imsicle/payload.elf', 'built elsewhere');
put('opensbi/build/platform/generic/firmware/fw_dynamic.bin', '');
put('bin/ssh', "#!/bin/sh\nwhile case \$1 in -[lop]) shift ;; -*) ;; *) false ;; esac; do shift; done\n"
        . "far=$home/at-\$1\nmkdir -p \$far; shift\n[ \"\$1\" != -- ] || shift\ncd \$far && HOME=\$far exec sh -c \"\$*\"\n");

# The variables that decide how everything is built hold here too, if the make that runs this test was given them: nothing is
# built again.
my $built_by = qr/^(?:CC|CROSS|HOSTCC|MARCH|MABI|SPECS|CFLAGS|HOST_CFLAGS|LIBFDT_SRC|PLATFORM_DIR)=/;
$ENV{MAKEFLAGS} = join ' ', ' --', grep { /$built_by/ } split /(?<!\\) /, $ENV{MAKEFLAGS} // '';
delete @ENV{qw(KERNEL SMP MACHINE MEM ARGS QEMU_ARGS HOTPLUG_SECONDS SECONDS SEED CELLS ROUNDS HOSTS JOBS JUNIT TABLE LIST
        MAKELEVEL GNUMAKEFLAGS MFLAGS BUILD B)};
if (length($ENV{FIRMWARE} // '')) { $ENV{FIRMWARE} = abs_path($ENV{FIRMWARE}) } else { delete $ENV{FIRMWARE} }
@ENV{qw(HOME PATH QEMU)} = ($home, "$home/bin:$ENV{PATH}", "$home/bin/qemu-system-riscv64");

# The script that replaces QEMU writes down its command line, then does what the test says.
my $good = q(echo imsicle; echo 'iommu: 2 interrupts remapped'; echo 'totals: cycles 3 edges 50 moves 7 audits 1 drained 2 swept 1 lost 0 late 0'; echo VERDICT: PASS);
my $bad = q(echo imsicle; echo 'FAIL: edu0: an edge is lost'; echo VERDICT: FAIL; exit 1);

sub qemu_does {
    my ($does) = @_;
    put($_, "#!/bin/sh\necho \"\$0 \$*\" >>$home/ran\n$does\n") for qw(bin/qemu-system-riscv64 qemu/build/qemu-system-riscv64);
}

# sh(COMMAND, what the replacement of QEMU does): returns exit code, output, and the command lines that ran.
sub sh {
    my ($command, $does, $where) = @_;
    qemu_does($does);
    unlink "$home/ran";
    chdir($where // "$home/imsicle") or die;
    open my $out, '-|', 'bash', '-ec', "exec 2>&1 </dev/null\n$command" or die "bash: $!";
    my $said = do { local $/; <$out> } // '';
    close $out;
    my $code = $? >> 8;
    chdir $top;
    return ($code, $said, split /\n/, slurp("$home/ran"));
}
sub exits { my ($want, $name, $code, $said) = @_; is($code, $want, "$name: exit code $want") or diag $said }

# What real parsers read in XML and YAML.
sub parsed {
    my ($script, $file) = @_;
    open my $out, '-|', 'python3', '-c', "import sys, json\n$script", $file or die "python3: $!";
    my $text = do { local $/; <$out> };
    return close $out ? JSON::PP->new->utf8->decode($text) : undef;
}
sub junit {
    my ($file) = @_;
    return parsed(<<'END', "$home/imsicle/$file");
import xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
json.dump({'suites': [s.get('name') for s in root.iter('testsuite')],
           'cases': [c.get('name') for c in root.iter('testcase')],
           'failures': [f.text for f in root.iter('failure')]}, sys.stdout)
END
}

# --- the page's commands ----------------------------------------------------------------------------------------------
my $page = slurp("$top/docs/ci.md");
my @commands = map { s/\s+#.*//r } $page =~ /^ {4}((?:make|tests)\S* .*)$/mg;
my $n_cells = () = `LIST=1 tests/qemu/matrix`;
like($page, qr/all $n_cells cells/, "the page knows that there are $n_cells cells");
is(scalar @commands, 7, 'commands on the page');
my ($plain, $longer, $of_qemu, $of_opensbi, $of_kernel, $some, $campaign) = @commands;

my ($code, $said, @ran) = sh($plain, $good);
exits(0, $plain, $code, $said);
unlike($said, qr/^  CC /m, 'which is built already');
is(scalar @ran, $n_cells, 'a QEMU for each cell');
is(scalar(grep { /test=churn seconds=2 / } @ran), $n_cells, 'a minute, divided among them');
like($said, qr/^1\.\.$n_cells$/m, 'TAP');
like($said =~ /([^\n]*)\n\z/ ? $1 : '', qr/^# $n_cells cells .*: (?=.*cycles)(?=.*edges)(?=.*moves)(?=.*audits)(?=.*lost)(?=.*late)/,
    'the last line sums up');
is(scalar(my @logs = glob "$home/imsicle/build/log/hotplug-suite-*.log"), $n_cells, 'a console for each');

($code, $said, @ran) = sh($longer, $good);
exits(0, $longer, $code, $said);
is(scalar(grep { /seconds=9 / } @ran), $n_cells, 'longer');
is_deeply([map { / seed=(\d+)/ } @ran], [7 .. 6 + $n_cells], 'each cell with a seed of its own');
my $xml = junit('hotplug.xml');
is_deeply([scalar @{$xml->{cases}}, scalar @{$xml->{failures}}], [$n_cells, 0], 'JUnit has a case for each');

# None of these commands is fast, so of one cell.
($code, $said, @ran) = sh("$of_qemu CELLS=2-edu", $good);
exits(0, $of_qemu, $code, $said);
is_deeply([map { (split)[0] } @ran], ["$home/qemu/build/qemu-system-riscv64"], 'another QEMU');
($code, $said, @ran) = sh("$of_opensbi CELLS=2-edu", $good);
exits(0, $of_opensbi, $code, $said);
like($ran[0], qr{ -bios \Q$home\E/opensbi/build/\S+/fw_dynamic\.bin }, 'another firmware');
($code, $said, @ran) = sh("$of_kernel CELLS=2-edu", $good);
exits(0, $of_kernel, $code, $said);
like($ran[0], qr{ -kernel payload\.elf }, 'another payload');
($code, $said, @ran) = sh($some, $good);
exits(0, $some, $code, $said);
is(scalar(grep { !/ -smp 16 |devices=slow / } @ran), 0, 'cells whose names match, and no others');
my ($list) = $page =~ /(LIST=1 \S+)/;
my @listed = split /\n/, (sh($list, $good))[1];
is(scalar @listed, $n_cells, $list);
is(scalar(grep { /16-|slow/ } @listed), scalar @ran, 'names the cells that ran');

($code, $said, @ran) = sh("$campaign CELLS=4-soft JOBS=2", $good);
exits(0, $campaign, $code, $said);
is(scalar(grep { /test=churn seconds=360 / } @ran), 10, 'ten rounds of one cell');
my %seed = map { / (seed=\d+)/ ? ($1 => 1) : () } @ran;
is(scalar keys %seed, 10, 'with seeds of their own');
is_deeply([map { s{.*/}{}r } glob "$home/at-*"], [qw(at-a at-b at-c)], 'on three machines');
like($said, qr/^# cell +edges +moves +offlines +lost +late$/m, 'the table');
like($said, qr/^# all +ok +500 +70 +30 +0 +0$/m, 'and its sums');

# --- errors -----------------------------------------------------------------------------------------------------------
# Bytes that XML does not allow, and text that would end a CDATA section.
my $noise = q(printf 'a ]]> b \033[31m \001 \377\376 <&> \303\251\n');
($code, $said) = sh("$longer CELLS='4-(edu|soft)'", "$noise; case \"\$*\" in *devices=soft*) $bad ;; esac; $good");
exits(2, 'a cell that fails', $code, $said);
$xml = junit('hotplug.xml');
is(scalar @{$xml->{cases}}, 2, 'JUnit, whatever the console printed');
is(scalar @{$xml->{failures}}, 1, 'has the failure');
like($xml->{failures}[0], qr/exit code 1, not 0.*an edge is lost.*to repeat it:/s, 'and why, and the command that repeats it');
is_deeply($xml->{suites}, ['matrix_tap'], 'under a name that is the same each time');
($code, $said) = sh('QEMU=~/bin/qemu-system-riscv64 FIRMWARE=fw CELLS=2-edu tests/qemu/matrix', $bad);
exits(1, 'tests/qemu/matrix itself', $code, $said);
($code, $said) = sh("$plain CELLS=2-edu", "$noise; exit 3");
exits(2, 'a panic', $code, $said);
like($said, qr/exit code 3, not 0/, 'is told from a loss');
($code, $said) = sh("$plain QEMU=$home/none", $good);
exits(2, 'no such QEMU', $code, $said);
like($said, qr{QEMU=\Q$home\E/none: no such program}, 'and it says so');
($code, $said) = sh("$plain CELLS=4711", $good);
exits(2, 'no such cell', $code, $said);
($code, $said) = sh("$plain JUNIT=no/such/place.xml CELLS=2-edu", $good);
exits(2, 'JUnit that cannot be written', $code, $said);
like($said, qr{place\.xml: no results written}, 'and it says so');

# --- bisect -----------------------------------------------------------------------------------------------------------
# A QEMU whose sixth commit loses edges, and whose fourth does not build.
my @bisect = $page =~ /^ {4}(git bisect start .*)\n {4}(git bisect run sh -c '(?:[^']*)')$/m;
is(scalar @bisect, 2, 'the recipe to bisect');
put('bin/ninja', "#!/bin/sh\n[ \"\$*\" = '-C build qemu-system-riscv64' ] && [ ! -e broken ] && cp does build/qemu-system-riscv64\n");
my $git = 'git -c user.name=a -c user.email=a@b -c init.defaultBranch=a -c commit.gpgsign=false';
my $commits = join "\n", map {
    my $does = $_ < 6 ? $good : $bad;
    "cat >does <<'END'\n#!/bin/sh\n: $_\n$does\nEND\nchmod +x does; " . ($_ == 4 ? 'touch broken' : 'rm -f broken')
        . "; git add -A .; $git commit -qm 'commit $_'; git tag c$_"
} 1 .. 8;
(my $start = $bisect[0]) =~ s/\bBAD GOOD\b/c8 c1/;
($code, $said) = sh("$git init -q .; echo build >.git/info/exclude\n$commits\n$start\n$bisect[1]", $good, "$home/qemu");
exits(0, 'git bisect run', $code, $said);
like($said, qr/^([0-9a-f]+) is the first bad commit\ncommit \1\n.*?^    commit 6$/ms, 'finds the commit') or diag $said;
like(slurp("$home/qemu/.git/BISECT_LOG"), qr/^git bisect skip.*/m, 'past the one that does not build');

# --- the workflow file ------------------------------------------------------------------------------------------------
my $flow = parsed('import yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)', "$top/docs/ci/hotplug.yml");
my @steps = map { @{$_->{steps}} } values %{$flow->{jobs}};
my @runs = grep { defined } map { $_->{run} } @steps;
is_deeply([map { scalar grep { exists $_->{run} } $_ } @steps], [map { exists $_->{uses} ? 0 : 1 } @steps],
    'each step is an action or commands');
my ($upload) = grep { ($_->{uses} // '') =~ /upload-artifact/ } @steps;
put('checkout/build/platform/generic/firmware/fw_dynamic.bin', '');
symlink "$home/imsicle", "$home/checkout/imsicle";
put('checkout/build/qemu-system-riscv64', slurp("$home/bin/qemu-system-riscv64"));
{
    local $ENV{GITHUB_ENV} = "$home/github.env";
    s/\$\{\{ github\.run_number \}\}/11/g for @runs;
    ok(!(grep { /\$\{\{/ } @runs), 'nothing in them that only GitHub knows') or diag @runs;
    my ($setting, $suite) = @runs;
    ($code, $said) = sh($setting, $good, "$home/checkout");
    exits(0, 'what is ours', $code, $said);
    my %set = map { split /=/, $_, 2 } split /\n/, slurp($ENV{GITHUB_ENV});
    local @ENV{keys %set} = values %set;
    ($code, $said, @ran) = sh("$suite CELLS=/2-edu", $good, "$home/checkout");
    exits(0, $suite, $code, $said);
}
my @there = map { my @found = glob "$home/checkout/$_"; scalar @found ? $_ : () } split ' ', $upload->{with}{path};
is_deeply(\@there, [split ' ', $upload->{with}{path}], 'what it uploads is there');

# --- the real QEMU ----------------------------------------------------------------------------------------------------
$ENV{QEMU} = $qemu;
($code, $said) = sh("$plain SECONDS=1 CELLS=2-edu", $good);
exits(0, 'a cell on QEMU', $code, $said);
like($said, qr/: [1-9]\d* cycles, [1-9]\d* edges/, 'does something');
($code, $said) = sh("$plain SECONDS=1 CELLS=2-edu ARGS=secnds=5", $good);
ok($code == 2 && $said =~ /exit code 2, not 0.*argument secnds/s, 'a misspelt argument') or diag $said;

my ($lines) = slurp("$top/docs/embedding.md") =~ /^# Embedding libaia\n\n((?: {4}.*\n)+)/;
ok($lines, 'docs/embedding.md begins with commands');
($code, $said) = sh($lines, $good);
exits(0, 'a kernel on the installed library', $code, $said);
like($said, qr/^minikernel: PASS/m, 'runs');
