# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_sse_global_optspecs
    string join \n q/quiet v/verbose color= h/help V/version
end

function __fish_sse_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_sse_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_sse_using_subcommand
    set -l cmd (__fish_sse_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c sse -n "__fish_sse_needs_command" -l color -d 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c sse -n "__fish_sse_needs_command" -s q -l quiet -d 'Say less: errors only'
complete -c sse -n "__fish_sse_needs_command" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c sse -n "__fish_sse_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sse -n "__fish_sse_needs_command" -s V -l version -d 'Print version'
complete -c sse -n "__fish_sse_needs_command" -f -a "serve" -d 'Run a broker: topics over HTTP, with replay'
complete -c sse -n "__fish_sse_needs_command" -f -a "listen" -d 'TODO listen'
complete -c sse -n "__fish_sse_needs_command" -f -a "send" -d 'TODO send'
complete -c sse -n "__fish_sse_needs_command" -f -a "publish" -d 'TODO send'
complete -c sse -n "__fish_sse_needs_command" -f -a "bench" -d 'TODO bench'
complete -c sse -n "__fish_sse_needs_command" -f -a "completions" -d 'Print the completion script for a shell'
complete -c sse -n "__fish_sse_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sse -n "__fish_sse_using_subcommand serve" -l listen -d 'The address and port to listen on; port 0 takes a free one' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l max-event-size -d 'The largest data of one event' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l max-connections -d 'How many streams may be open at once [default: what the limit of file descriptors allows]' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l heartbeat -d 'Send a comment on a stream after this long without an event' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l cors-origin -d 'An origin whose web pages may use the broker; can be repeated, and replaces the default. `loopback` is any page from this machine, `null` a page from a file, `*` every page' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l retain-events -d 'Keep at most this many events' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l retain-bytes -d 'Keep at most this much, bookkeeping included' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l retain-age -d 'Keep no event for longer than this' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l color -d 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c sse -n "__fish_sse_using_subcommand serve" -s q -l quiet -d 'Say less: errors only'
complete -c sse -n "__fish_sse_using_subcommand serve" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c sse -n "__fish_sse_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sse -n "__fish_sse_using_subcommand serve" -s V -l version -d 'Print version'
complete -c sse -n "__fish_sse_using_subcommand listen" -l color -d 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c sse -n "__fish_sse_using_subcommand listen" -s q -l quiet -d 'Say less: errors only'
complete -c sse -n "__fish_sse_using_subcommand listen" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c sse -n "__fish_sse_using_subcommand listen" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sse -n "__fish_sse_using_subcommand listen" -s V -l version -d 'Print version'
complete -c sse -n "__fish_sse_using_subcommand send" -l color -d 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c sse -n "__fish_sse_using_subcommand send" -s q -l quiet -d 'Say less: errors only'
complete -c sse -n "__fish_sse_using_subcommand send" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c sse -n "__fish_sse_using_subcommand send" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sse -n "__fish_sse_using_subcommand send" -s V -l version -d 'Print version'
complete -c sse -n "__fish_sse_using_subcommand publish" -l color -d 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c sse -n "__fish_sse_using_subcommand publish" -s q -l quiet -d 'Say less: errors only'
complete -c sse -n "__fish_sse_using_subcommand publish" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c sse -n "__fish_sse_using_subcommand publish" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sse -n "__fish_sse_using_subcommand publish" -s V -l version -d 'Print version'
complete -c sse -n "__fish_sse_using_subcommand bench" -l color -d 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c sse -n "__fish_sse_using_subcommand bench" -s q -l quiet -d 'Say less: errors only'
complete -c sse -n "__fish_sse_using_subcommand bench" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c sse -n "__fish_sse_using_subcommand bench" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sse -n "__fish_sse_using_subcommand bench" -s V -l version -d 'Print version'
complete -c sse -n "__fish_sse_using_subcommand completions" -l color -d 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c sse -n "__fish_sse_using_subcommand completions" -s q -l quiet -d 'Say less: errors only'
complete -c sse -n "__fish_sse_using_subcommand completions" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c sse -n "__fish_sse_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sse -n "__fish_sse_using_subcommand completions" -s V -l version -d 'Print version'
complete -c sse -n "__fish_sse_using_subcommand help; and not __fish_seen_subcommand_from serve listen send bench completions help" -f -a "serve" -d 'Run a broker: topics over HTTP, with replay'
complete -c sse -n "__fish_sse_using_subcommand help; and not __fish_seen_subcommand_from serve listen send bench completions help" -f -a "listen" -d 'TODO listen'
complete -c sse -n "__fish_sse_using_subcommand help; and not __fish_seen_subcommand_from serve listen send bench completions help" -f -a "send" -d 'TODO send'
complete -c sse -n "__fish_sse_using_subcommand help; and not __fish_seen_subcommand_from serve listen send bench completions help" -f -a "bench" -d 'TODO bench'
complete -c sse -n "__fish_sse_using_subcommand help; and not __fish_seen_subcommand_from serve listen send bench completions help" -f -a "completions" -d 'Print the completion script for a shell'
complete -c sse -n "__fish_sse_using_subcommand help; and not __fish_seen_subcommand_from serve listen send bench completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
