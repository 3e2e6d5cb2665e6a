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
complete -c sse -n "__fish_sse_needs_command" -f -a "listen" -d 'Show the events of a stream, and reconnect as a browser does'
complete -c sse -n "__fish_sse_needs_command" -f -a "send" -d 'Publish events to a broker, and print the ID that each was given'
complete -c sse -n "__fish_sse_needs_command" -f -a "publish" -d 'Publish events to a broker, and print the ID that each was given'
complete -c sse -n "__fish_sse_needs_command" -f -a "bench" -d 'Measure a server: many subscribers, events at a fixed rate, and what became of each'
complete -c sse -n "__fish_sse_needs_command" -f -a "token" -d 'Make tokens for a broker, and see what they may do and why not'
complete -c sse -n "__fish_sse_needs_command" -f -a "completions" -d 'Print the completion script for a shell'
complete -c sse -n "__fish_sse_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sse -n "__fish_sse_using_subcommand serve" -l listen -d 'The address and port to listen on; port 0 takes a free one' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l config -d 'Read options and tables from this TOML file: its keys are the long names of the options' -r -F
complete -c sse -n "__fish_sse_using_subcommand serve" -l heartbeat -d 'Send a comment on a stream after this long without an event' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l drain -d 'Over how long streams are ended when the broker stops, at most 1000 a second, so that not all clients come back at once' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l shutdown-event -d 'Send an event of this type on every stream before the broker stops' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l auth -d 'Who may use the broker: everyone, who has a token of the config file ([[token]]), or who has one of these or a JWT' -r -f -a "none\t'Everyone'
token\t'Who has a token of the config file'
jwt\t'Who has one of these, or a JWT'"
complete -c sse -n "__fish_sse_using_subcommand serve" -l jwt-secret -d 'The secret that JWTs are signed with (HS256, HS384, HS512), 32 bytes at least; @FILE reads it from a file' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l jwt-key -d 'A public key (PEM) that JWTs are signed for (RSA, P-256, P-384, Ed25519); can be repeated' -r -F
complete -c sse -n "__fish_sse_using_subcommand serve" -l jwks -d 'The public keys of an identity provider, as a JSON Web Key Set: a URL, or a file. They are fetched anew every ten minutes, and when a token names a key that is not among them' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l jwt-algorithm -d 'An algorithm that JWTs may be signed with; can be repeated [default: all that the keys are for]' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l jwt-issuer -d 'Who may have issued a JWT (`iss`); can be repeated [default: whoever has the key]' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l jwt-audience -d 'Whom a JWT has to be for (`aud`); can be repeated. Without it, tokens that are for somebody are refused' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l jwt-leeway -d 'How far the clock of the issuer may be off [default: 10s]' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l jwt-roles -d 'The claim of a JWT that holds its roles: a text or a list [default: roles]' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l token-cookie -d 'Look for the token in the cookie of this name, too' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l cors-origin -d 'An origin whose web pages may use the broker; can be repeated, and replaces the default. `loopback` is any page from this machine, `null` a page from a file, `*` every page' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l allow-host -d 'A name under which the broker is asked, such as that which a proxy passes on; can be repeated. Other names are refused then, and also on loopback without it, so that no foreign page can reach it by pointing its own name here; addresses and names without a dot are let in' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l tls-cert -d 'Speak TLS with the certificate chain in this PEM file. It is read again when it or its key changes, and at SIGHUP' -r -F
complete -c sse -n "__fish_sse_using_subcommand serve" -l tls-key -d 'The private key of the certificate, as a PEM file' -r -F
complete -c sse -n "__fish_sse_using_subcommand serve" -l hsts -d 'Tell browsers to come over TLS only, and to remember that for so long (Strict-Transport-Security)' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l data -d 'Keep the history in this directory, so that it outlasts the broker; without it, it is in memory' -r -F
complete -c sse -n "__fish_sse_using_subcommand serve" -l durability -d 'When a publisher is told that its event is stored: `commit` is when the disk has it, `interval=DURATION` does not wait for that and brings it to the disk within that time' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l retain-events -d 'Keep at most this many events' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l retain-bytes -d 'Keep at most this much: of memory, bookkeeping included, or of the disk' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l retain-age -d 'Keep no event for longer than this, but the current state of a topic: the newest event of each `key`' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l idempotency-window -d 'Remember for this long which `Idempotency-Key` came with which event' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l shards -d 'How many threads write to streams [default: one per core]' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l tail-bytes -d 'How much of the newest events is shared by the streams that keep up' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l slow-consumer -d 'What becomes of a client that reads slowly: `catch-up` reads on for it from the history, `disconnect` cuts it when it is behind the shared newest events' -r -f -a "catch-up\t''
disconnect\t''"
complete -c sse -n "__fish_sse_using_subcommand serve" -l presence-grace -d 'How long a user has to be away before that is told, and a topic to be without subscribers before a webhook tells of it: who reconnects was not away' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l max-event-size -d 'The largest data of one event' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l max-connections -d 'How many streams may be open at once [default: what the limit of open files allows]' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l max-connections-per-address -d 'How many streams one address may have open at once [default: no bound]. It may have 64 more connections that are no streams, or without this option half of all; proxies that are trusted have as many as they like' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l max-subscribe-rate -d 'How many streams one address may open per second [default: no bound]' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l max-topics -d 'How many topics and patterns one stream may name' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l header-timeout -d 'How long a client may take to send the head of a request, for a TLS or HTTP/2 handshake, and a connection may be idle between requests. An HTTP/2 client that has streams and says nothing for three times as long is asked whether it is there, and has as long to answer' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l body-timeout -d 'How long a client may take to send the body of an event or of a JSON batch, and be silent within newline-delimited JSON, where an empty line now and then is enough' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l max-header-size -d 'The largest head of a request; 8 KiB are allowed in any case' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l max-publish-rate -d 'How many events one token may publish per second: all tokens of a user together, a static token without a user by itself, and requests without a token by their address. Every item of a batch counts [default: no bound]' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l max-publish-rate-per-address -d 'How many events may be published from one address per second [default: no bound]' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l max-publish-burst -d 'How many events may be published at once within these rates [default: what they allow in a second]' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l max-connections-per-user -d 'How many streams one user may have open at once [default: no bound]' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l max-requests -d 'How many requests may be under way at once, open streams apart' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l max-auth-failures -d 'How many bad tokens may come from one address per minute; beyond it no signature is computed for requests from there, unless their token was accepted before. 0 is no bound [default: 600, and 1000 per second for private addresses, where a proxy may be]' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l trust-proxy -d 'A proxy that is believed when it says for whom it asks, in `Forwarded` or `X-Forwarded-For`: an address or a network such as 10.1.0.0/16, `loopback` or `private`; can be repeated. What is limited for one address is for that of the client then' -r
complete -c sse -n "__fish_sse_using_subcommand serve" -l color -d 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c sse -n "__fish_sse_using_subcommand serve" -l jwt-allow-endless -d 'Accept JWTs that never expire (without `exp`)'
complete -c sse -n "__fish_sse_using_subcommand serve" -l open -d 'Let everyone who can reach the broker read and publish, on an address that others than this machine can reach'
complete -c sse -n "__fish_sse_using_subcommand serve" -l allow-query-token -d 'Accept a token in the URL (`?token=`), where logs and histories keep it; a ticket does without that'
complete -c sse -n "__fish_sse_using_subcommand serve" -l tls-self-signed -d 'Speak TLS with a certificate that is made on the spot and that nobody can verify: for trying things out'
complete -c sse -n "__fish_sse_using_subcommand serve" -l presence-events -d 'Publish an event `join` on `$presence/TOPIC` when the first connection of a user listens to TOPIC by its name, and `leave` when the last one has gone'
complete -c sse -n "__fish_sse_using_subcommand serve" -s q -l quiet -d 'Say less: errors only'
complete -c sse -n "__fish_sse_using_subcommand serve" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c sse -n "__fish_sse_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sse -n "__fish_sse_using_subcommand serve" -s V -l version -d 'Print version'
complete -c sse -n "__fish_sse_using_subcommand listen" -l url -d 'The broker to use when a topic is given instead of a URL' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l topic -d 'Listen to this topic or pattern as well; may be repeated' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -s H -l header -d 'Add a header to every request, such as \'X-Api-Key: …\'; may be repeated. One that may be a credential is not sent to another server, if it redirects there' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l bearer -d 'Add the header \'Authorization: Bearer TOKEN\' to every request, unless --header gives an Authorization. In the variable the token is hidden from `ps`' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -s u -l user -d 'Add the header \'Authorization: Basic …\' for this user to every request; goes before --bearer' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l cookie -d 'Add the header \'Cookie: …\' to every request' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -s X -l request -d 'The request method: GET, or POST where there is data to send' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -s d -l data -d 'Send this as the request body, on every connection anew; @FILE reads it from a file, @- from stdin; @@ stands for an @ at the beginning. It is sent as application/json if it is JSON, as text/plain if not, unless --header says otherwise' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l since -d 'Begin in the past of a broker of ours: `earliest`, `10m` ago, or a time such as 2026-01-31T12:00:00Z' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l last -d 'Begin with the newest N events of each topic of a broker of ours' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l last-event-id -d 'Resume after the event with this ID' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l cacert -d 'Trust the certificates of authority in this file (PEM), and no others' -r -F
complete -c sse -n "__fish_sse_using_subcommand listen" -l cert -d 'Show this certificate (PEM) to a server that asks for one; the file may hold its key as well' -r -F
complete -c sse -n "__fish_sse_using_subcommand listen" -l proxy -d 'Go through this proxy: http://, https:// or socks5://. Without it `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` count, but for this machine' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l unix-socket -d 'Connect to this Unix socket, whatever host the URL names' -r -F
complete -c sse -n "__fish_sse_using_subcommand listen" -l retry -d 'The time before reconnecting until the server sets its own; 0ms is possible' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l max-backoff -d 'The longest time before reconnecting, whatever the server asks for; after a failure it is 100ms at least. Without it 30s after repeated failures, and 24h for what the server asks' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l max-retries -d 'Give up after this many attempts to reconnect in a row that brought nothing' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l retry-status -d 'Connect again also after these statuses, such as 5xx,429; a Retry-After is waited for' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l idle-timeout -d 'Take a connection that has brought no byte for so long for dead, and reconnect; under --no-reconnect, or when --max-retries is reached, end with exit code 4' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l max-event-size -d 'The longest event to read; a longer one is an error' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -s o -l output -d 'How to show what comes: `pretty` if nothing else is asked for' -r -f -a "pretty\t'For people: time, type, ID and the data, JSON indented'
json\t'For programs: a line of JSON for each event'
data\t'The data alone, each followed by a line feed'
raw\t'The bytes of the stream as they come'"
complete -c sse -n "__fish_sse_using_subcommand listen" -s f -l format -d 'Show each event as this template: {time} {delta} {type} {id} {data} {data.user.name}, and \\n, \\t' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l jq -d 'Show what this filter in the language of jq makes of the data of each event; $type, $id and $time are there too' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -s e -l event -d 'Show only events of this type; may be repeated. The type of an event without one is `message`' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l exclude -d 'Do not show events of this type; may be repeated' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l until -d 'End at an event whose data or type is this, such as [DONE]; it is not shown, but with -o raw' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -s n -l count -d 'End after this many events have been shown; it is a failure if a server sends fewer' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l for -d 'End after this time; commands of --exec that run are waited for' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l exec -d 'Run this shell command for each event, with its data on stdin and `SSE_TYPE`, `SSE_ID` and `SSE_DATA` in its environment. What it prints takes the place of the event, unless --output is given. One that fails is told, and the exit code is then 1; those that run when Ctrl-C ends it get SIGTERM' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l exec-jobs -d 'Commands that run at once; with more than one they may end in another order' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l forward-to -d 'POST each event to this URL, one after the other: the body is its data, the headers Sse-Event and Sse-Id its type and ID. What fails is sent again; if an event is not taken in the end, the exit code is 1. Of the transport options --insecure, --cacert and --proxy count for this URL too, and those about the one server do not' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l forward-retries -d 'How often an event that was not taken is sent again, at growing intervals' -r
complete -c sse -n "__fish_sse_using_subcommand listen" -l record -d 'Record the events with their times in this file, which `sse listen FILE` shows and `sse send --replay FILE` plays' -r -F
complete -c sse -n "__fish_sse_using_subcommand listen" -l resume-file -d 'Resume after the ID that this file holds, and keep that of the last event in it. An event counts when it has been shown and done with, well or badly' -r -F
complete -c sse -n "__fish_sse_using_subcommand listen" -l cert-key -l key -d 'The private key of --cert (PEM, unencrypted)' -r -F
complete -c sse -n "__fish_sse_using_subcommand listen" -l color -d 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c sse -n "__fish_sse_using_subcommand listen" -l compressed -d 'Ask for compression, as browsers do (gzip, deflate, br, zstd). What comes compressed is decompressed in any case'
complete -c sse -n "__fish_sse_using_subcommand listen" -l any-content-type -d 'Read the answer as an event stream whatever its content type says'
complete -c sse -n "__fish_sse_using_subcommand listen" -l resume-with-get -d 'After a POST go on with a GET, without the body and with the Mcp-Session-Id of the first answer, as MCP\'s streamable HTTP does. An answer of JSON is then shown too, and it is done when every JSON-RPC request of the body has its response'
complete -c sse -n "__fish_sse_using_subcommand listen" -l curl -d 'Print the curl command that makes the same request, with its credentials, also those of the environment, and end'
complete -c sse -n "__fish_sse_using_subcommand listen" -s k -l insecure -d 'Take any certificate: the connection is then encrypted, and to nobody knows whom'
complete -c sse -n "__fish_sse_using_subcommand listen" -l http2 -d 'Speak HTTP/2 only, without TLS too. With TLS a server that can is spoken to so in any case'
complete -c sse -n "__fish_sse_using_subcommand listen" -l no-reconnect -d 'End when the stream does; a stream that breaks off is then a failure'
complete -c sse -n "__fish_sse_using_subcommand listen" -l wait -d 'Keep trying if the first connection fails, too'
complete -c sse -n "__fish_sse_using_subcommand listen" -l timestamps -d 'Show the time of each event in full (RFC 3339): before it, or as `time` in JSON'
complete -c sse -n "__fish_sse_using_subcommand listen" -l delta -d 'Show the time since the event before: before each, or as `delta_ms` in JSON'
complete -c sse -n "__fish_sse_using_subcommand listen" -l comments -d 'Show comments (`-o pretty` and `-o json`)'
complete -c sse -n "__fish_sse_using_subcommand listen" -l lifecycle -d 'Show also what is not an event: connections, comments and new reconnection times (`-o pretty` and `-o json`)'
complete -c sse -n "__fish_sse_using_subcommand listen" -l llm -d 'Show the answer of a language model as text, as it arrives, and how fast it came: streams of OpenAI (chat and responses), Anthropic, Gemini and Ollama, and of what speaks like them. It ends with the answer, and is not asked for again if that breaks off. With -o json every piece is a line, and the last one a report'
complete -c sse -n "__fish_sse_using_subcommand listen" -l stats -d 'At the end, say how much came, how fast, and what went wrong'
complete -c sse -n "__fish_sse_using_subcommand listen" -l diagnose -d 'Watch the stream for 35 seconds, or --for, and name what is wrong with it instead of showing it; compression is asked for, as browsers do. The exit code is 1 if there is a problem. With -o json each finding is a line'
complete -c sse -n "__fish_sse_using_subcommand listen" -s q -l quiet -d 'Say less: errors only'
complete -c sse -n "__fish_sse_using_subcommand listen" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c sse -n "__fish_sse_using_subcommand listen" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sse -n "__fish_sse_using_subcommand listen" -s V -l version -d 'Print version'
complete -c sse -n "__fish_sse_using_subcommand send" -l topic -d 'A further topic that the event is for; may be repeated. It is one event, with one ID, which all of them have' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l to-user -d 'Publish to the connections of this user, of a broker that asks for tokens; can be repeated' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l to-session -d 'Publish to the connections of this session; can be repeated' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l url -d 'The broker to use when a topic is given instead of a URL' -r
complete -c sse -n "__fish_sse_using_subcommand send" -s H -l header -d 'Add a header to every request, such as \'X-Api-Key: …\'; may be repeated. One that may be a credential is not sent to another server, if it redirects there' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l bearer -d 'Add the header \'Authorization: Bearer TOKEN\' to every request, unless --header gives an Authorization. In the variable the token is hidden from `ps`' -r
complete -c sse -n "__fish_sse_using_subcommand send" -s u -l user -d 'Add the header \'Authorization: Basic …\' for this user to every request; goes before --bearer' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l cookie -d 'Add the header \'Cookie: …\' to every request' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l cacert -d 'Trust the certificates of authority in this file (PEM), and no others' -r -F
complete -c sse -n "__fish_sse_using_subcommand send" -l cert -d 'Show this certificate (PEM) to a server that asks for one; the file may hold its key as well' -r -F
complete -c sse -n "__fish_sse_using_subcommand send" -l cert-key -d 'The private key of --cert (PEM, unencrypted)' -r -F
complete -c sse -n "__fish_sse_using_subcommand send" -l proxy -d 'Go through this proxy: http://, https:// or socks5://. Without it `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` count, but for this machine' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l unix-socket -d 'Connect to this Unix socket, whatever host the URL names' -r -F
complete -c sse -n "__fish_sse_using_subcommand send" -l timeout -d 'How long a request may take until its answer is there' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l retries -d 'How often a request that failed is repeated: one that was not answered only where a broker then takes it once, which is with --idempotency-key, with --ndjson, or where the target is a topic' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l replay -d 'Publish the events of a recording (`sse listen --record`) at the distances that they had, or those of any other stream that was saved (`sse listen -o raw`), which has no times, one after the other; - is stdin. Type and data are kept, IDs are given anew' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l speed -d 'How many times as fast as it was recorded, such as 10 or 0.5; max is without pauses' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l wait-for-subscribers -d 'Publish nothing before so many connections listen to the topic, to each of them if there are several' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l wait-timeout -d 'How long to wait for them at most; then nothing is published, and that is a failure' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l repeat -d 'Publish the event N times, with the placeholders in its data filled in as --template does' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l interval -d 'The time from one of them to the next' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l rate -d 'Publish at most so many events a second' -r
complete -c sse -n "__fish_sse_using_subcommand send" -s e -l event -d 'The type of the event' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l id -d 'An ID of your own for the event, instead of the broker\'s' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l retry -d 'The reconnection time that its receivers are asked to use from then on' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l ttl -d 'Do not replay the event when it is older than this; 0s is for those who listen now' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l key -d 'The event is the current state of its topic under this key, which new subscribers get' -r
complete -c sse -n "__fish_sse_using_subcommand send" -l idempotency-key -d 'A name for this act of publishing: a broker that has seen it publishes nothing again, and answers as it did. With --lines the name of a line is KEY#LINE, with --repeat and --replay that of an event KEY#NUMBER' -r
complete -c sse -n "__fish_sse_using_subcommand send" -s o -l output -d 'How to show what was published' -r -f -a "id\t'Its ID'
json\t'A line of JSON, as the broker answered: {"id":…,"topic":…}'"
complete -c sse -n "__fish_sse_using_subcommand send" -l color -d 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c sse -n "__fish_sse_using_subcommand send" -l broadcast -d 'Publish to all connections'
complete -c sse -n "__fish_sse_using_subcommand send" -s k -l insecure -d 'Take any certificate: the connection is then encrypted, and to nobody knows whom'
complete -c sse -n "__fish_sse_using_subcommand send" -l http2 -d 'Speak HTTP/2 only, without TLS too. With TLS a server that can is spoken to so in any case'
complete -c sse -n "__fish_sse_using_subcommand send" -s l -l lines -d 'Publish each line of stdin as an event'
complete -c sse -n "__fish_sse_using_subcommand send" -l ndjson -d 'Publish what each line of stdin describes: {"topic" or "topics", "event", "data", "id", "retry", "ttl", "key"}. A target is then a URL to post to, that of the broker by default'
complete -c sse -n "__fish_sse_using_subcommand send" -l keep-ids -d 'Publish what is replayed under the IDs that it had; a broker wants every ID to be used once'
complete -c sse -n "__fish_sse_using_subcommand send" -l template -d 'Fill in placeholders in the data, or in every line: `{{ n }}` (the number of the event or line), `{{ uuid }}`, `{{ now }}`, `{{ unix_ms }}`, `{{ random MIN MAX }}`'
complete -c sse -n "__fish_sse_using_subcommand send" -s q -l quiet -d 'Say less: errors only'
complete -c sse -n "__fish_sse_using_subcommand send" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c sse -n "__fish_sse_using_subcommand send" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sse -n "__fish_sse_using_subcommand send" -s V -l version -d 'Print version'
complete -c sse -n "__fish_sse_using_subcommand publish" -l topic -d 'A further topic that the event is for; may be repeated. It is one event, with one ID, which all of them have' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l to-user -d 'Publish to the connections of this user, of a broker that asks for tokens; can be repeated' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l to-session -d 'Publish to the connections of this session; can be repeated' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l url -d 'The broker to use when a topic is given instead of a URL' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -s H -l header -d 'Add a header to every request, such as \'X-Api-Key: …\'; may be repeated. One that may be a credential is not sent to another server, if it redirects there' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l bearer -d 'Add the header \'Authorization: Bearer TOKEN\' to every request, unless --header gives an Authorization. In the variable the token is hidden from `ps`' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -s u -l user -d 'Add the header \'Authorization: Basic …\' for this user to every request; goes before --bearer' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l cookie -d 'Add the header \'Cookie: …\' to every request' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l cacert -d 'Trust the certificates of authority in this file (PEM), and no others' -r -F
complete -c sse -n "__fish_sse_using_subcommand publish" -l cert -d 'Show this certificate (PEM) to a server that asks for one; the file may hold its key as well' -r -F
complete -c sse -n "__fish_sse_using_subcommand publish" -l cert-key -d 'The private key of --cert (PEM, unencrypted)' -r -F
complete -c sse -n "__fish_sse_using_subcommand publish" -l proxy -d 'Go through this proxy: http://, https:// or socks5://. Without it `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` count, but for this machine' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l unix-socket -d 'Connect to this Unix socket, whatever host the URL names' -r -F
complete -c sse -n "__fish_sse_using_subcommand publish" -l timeout -d 'How long a request may take until its answer is there' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l retries -d 'How often a request that failed is repeated: one that was not answered only where a broker then takes it once, which is with --idempotency-key, with --ndjson, or where the target is a topic' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l replay -d 'Publish the events of a recording (`sse listen --record`) at the distances that they had, or those of any other stream that was saved (`sse listen -o raw`), which has no times, one after the other; - is stdin. Type and data are kept, IDs are given anew' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l speed -d 'How many times as fast as it was recorded, such as 10 or 0.5; max is without pauses' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l wait-for-subscribers -d 'Publish nothing before so many connections listen to the topic, to each of them if there are several' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l wait-timeout -d 'How long to wait for them at most; then nothing is published, and that is a failure' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l repeat -d 'Publish the event N times, with the placeholders in its data filled in as --template does' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l interval -d 'The time from one of them to the next' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l rate -d 'Publish at most so many events a second' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -s e -l event -d 'The type of the event' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l id -d 'An ID of your own for the event, instead of the broker\'s' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l retry -d 'The reconnection time that its receivers are asked to use from then on' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l ttl -d 'Do not replay the event when it is older than this; 0s is for those who listen now' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l key -d 'The event is the current state of its topic under this key, which new subscribers get' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -l idempotency-key -d 'A name for this act of publishing: a broker that has seen it publishes nothing again, and answers as it did. With --lines the name of a line is KEY#LINE, with --repeat and --replay that of an event KEY#NUMBER' -r
complete -c sse -n "__fish_sse_using_subcommand publish" -s o -l output -d 'How to show what was published' -r -f -a "id\t'Its ID'
json\t'A line of JSON, as the broker answered: {"id":…,"topic":…}'"
complete -c sse -n "__fish_sse_using_subcommand publish" -l color -d 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c sse -n "__fish_sse_using_subcommand publish" -l broadcast -d 'Publish to all connections'
complete -c sse -n "__fish_sse_using_subcommand publish" -s k -l insecure -d 'Take any certificate: the connection is then encrypted, and to nobody knows whom'
complete -c sse -n "__fish_sse_using_subcommand publish" -l http2 -d 'Speak HTTP/2 only, without TLS too. With TLS a server that can is spoken to so in any case'
complete -c sse -n "__fish_sse_using_subcommand publish" -s l -l lines -d 'Publish each line of stdin as an event'
complete -c sse -n "__fish_sse_using_subcommand publish" -l ndjson -d 'Publish what each line of stdin describes: {"topic" or "topics", "event", "data", "id", "retry", "ttl", "key"}. A target is then a URL to post to, that of the broker by default'
complete -c sse -n "__fish_sse_using_subcommand publish" -l keep-ids -d 'Publish what is replayed under the IDs that it had; a broker wants every ID to be used once'
complete -c sse -n "__fish_sse_using_subcommand publish" -l template -d 'Fill in placeholders in the data, or in every line: `{{ n }}` (the number of the event or line), `{{ uuid }}`, `{{ now }}`, `{{ unix_ms }}`, `{{ random MIN MAX }}`'
complete -c sse -n "__fish_sse_using_subcommand publish" -s q -l quiet -d 'Say less: errors only'
complete -c sse -n "__fish_sse_using_subcommand publish" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c sse -n "__fish_sse_using_subcommand publish" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sse -n "__fish_sse_using_subcommand publish" -s V -l version -d 'Print version'
complete -c sse -n "__fish_sse_using_subcommand bench" -l url -d 'The broker to use when a topic is given instead of a URL' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l subscribe-url -d 'The URL that subscribers read, on any server; with --publish-url. In it and in headers `{i}` stands for the number of the subscriber, from 0: each may have a URL of its own, and is expected to get every event of its topic all the same' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l publish-url -d 'The URL that takes an event\'s data as the body of a POST; with --subscribe-url. In it and in headers `{i}` stands for the number of the publisher, from 0' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l preset -d 'The system that is measured: how it is published to and subscribed to. Each of the two URLs can be given instead of the usual one' -r -f -a "mercure\t'Mercure before 1.0: plain http (`SERVER_NAME=:80`), a publisher\'s JWT in --publish-token, and `anonymous` or a JWT in --subscribe-token'
mercure-1\t'Mercure from 1.0 on, which subscribes with `match=`; otherwise as mercure'
centrifugo\t'Centrifugo 5 and 6: `uni_sse`, the API key in --publish-token, and `allow_subscribe_for_client`; without a JWT in --subscribe-token `allow_anonymous_connect_without_token` and `allow_subscribe_for_anonymous` too'
nchan\t'nchan: `nchan_publisher` at /pub/TOPIC and `nchan_subscriber` at /sub/TOPIC; `keepalive_requests` above the number of events'
push-stream\t'nginx-push-stream-module: `push_stream_publisher` at /pub?id=TOPIC and `push_stream_subscriber eventsource` at /ev/TOPIC; `keepalive_requests` above the number of events'
pushpin\t'Pushpin: TARGET is the URL of a stream that its backend holds open (`Grip-Hold: stream`) on the channel TOPIC; events go to port 5561 of that host'
ntfy\t'ntfy: `visitor-request-limit-exempt-hosts`, `visitor-subscription-limit` and `visitor-message-daily-limit` that allow the load, and 4096 bytes of --size at most; tokens if it wants them'"
complete -c sse -n "__fish_sse_using_subcommand bench" -l topic -d 'The topic, channel or whatever the system of --preset calls it; `bench` if it is not given' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l topics -d 'To how many topics the events go in turn; subscriber `i` listens to topic `i` modulo this number, and is expected to get the events of that topic. The number of the topic, from 0, stands for `{t}` in URLs, headers and --publish-body, or goes behind the name of the topic that is given: `bench-0`, `bench-1` and so on' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l subscribe-header -d 'Add a header to the requests of subscribers, such as \'X-Api-Key: …\'; may be repeated' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l publish-header -d 'Add a header to the requests of publishers; may be repeated' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l subscribe-token -d 'The token of subscribers: \'Authorization: Bearer TOKEN\', or what the preset makes of it' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l publish-token -d 'The token of publishers, likewise' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l request-body -d 'Ask for a stream with a POST of this body, or @FILE to read it from a file: `sse bench stream` only. In it `{i}` stands for the number of the subscriber' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l until -d 'An event with just this data is the last of its stream, such as \'[DONE]\': `sse bench stream` only' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l publish-method -d 'The method of a publish' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l publish-body -d 'The body of a publish, or @FILE to read it from a file. In it `{payload}` stands for the data of the event, which needs no escaping in JSON and forms, `{i}` for the number of the publisher, and `{t}` for that of the topic' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l publish-refusal -d 'A publish is refused if the beginning of the answer\'s body, 4 KiB, has this text in it, whatever its status' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l find-max -d 'Find the highest rate at which this holds, such as p99<100ms or lost<=0.1%; may be given several times, and then all of them have to hold' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l find-max-connections -d 'The same for --connections, at a fixed --rate: find how many subscribers there can be. It begins with --connections, or 100, and ends where this process may open no more files' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l step-duration -d 'How long a step of a search is measured; longer if its figures need more events, 1,000 for p99' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -s c -l connections -d 'How many subscribers there are: 1000 if it is not given, and 1 with `stream`, whose requests may be dear' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -s r -l rate -d 'How many events are published per second' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -s d -l duration -d 'How long is measured' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l warmup -d 'How long events are published before that, to warm up' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l drain -d 'How long deliveries are waited for after the last publish; less if everything is in before' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l size -d 'The size of an event\'s data: one size, a range such as 200..4k, of which each size is as likely, or several of either with weights, such as 200:90,4k:9,64k:1' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l publishers -d 'How many publishers share the events; each has a connection of its own' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l threads -d 'How many threads share the subscribers' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l workers -d 'How many processes share the subscribers: 1 is this one alone, more are worker processes, of which each may open as many files. Without it, as many as the subscribers take: 1, unless they need more files than a process may open' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l ramp -d 'How many subscribers connect per second; without it, as fast as the server answers' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -s o -l output -d 'How the report is written to stdout' -r -f -a "text\t'A table for people'
json\t'One JSON object'"
complete -c sse -n "__fish_sse_using_subcommand bench" -l slow -d 'How many of the subscribers read slowly, such as 5%. They have an account of their own, and all other figures are of the others: beside those of a run without it they show what slow readers cost. That the server ends their streams is no fault' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l slow-rate -d 'How much each of them reads per second, at most' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l drop -d '`sse bench reconnect`: how many of the subscribers drop their connections, all at once. They ask for new ones at once, with the ID of the last event that they got, and wait for no `retry:` of the server: that is the storm. Who fails tries again after 100 to 200 ms, and so does everybody whose stream the server ends' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l drop-after -d 'When the storm comes, from the beginning of the measured phase on [default: a third of --duration]' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l events -d '`sse bench replay`: how many events are published before the subscribers come, as fast as the server takes them, or at --rate if that is given. Then each subscriber asks for all of them, with the ID of the event right before in `Last-Event-ID`; the run is over when all have all, or nothing more has come for --drain' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l server-pid -d 'The process of the server: the processor time and the memory that it and its children use are part of the report' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l spawn -d 'Start the server with this command of the shell, wait until the target accepts connections, watch it as --server-pid does, and end it and all that it has started when the run is over' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l pin -d 'The processors that the server may run on and those that this program may: numbers and ranges, such as 0/1 or 0-2/3. For a server that is started by --spawn or because there is no target' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l cacert -d 'Trust the certificates of authority in this file (PEM), and no others' -r -F
complete -c sse -n "__fish_sse_using_subcommand bench" -l cert -d 'Show this certificate (PEM) to a server that asks for one; the file may hold its key as well' -r -F
complete -c sse -n "__fish_sse_using_subcommand bench" -l cert-key -d 'The private key of --cert (PEM, unencrypted)' -r -F
complete -c sse -n "__fish_sse_using_subcommand bench" -l streams-per-connection -d 'How many streams share a connection with --http2; where the server allows fewer there are more connections' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l fail-if -d 'End with exit code 5 if this holds, such as p99>50ms, last.p99>=0.2s or lost>0.1%; may be given several times' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l baseline -d 'Compare with the report in this file, which --save-baseline or -o json wrote' -r -F
complete -c sse -n "__fish_sse_using_subcommand bench" -l regression -d 'By how much a time may be worse than in --baseline; more ends with exit code 5' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l runs -d 'How many times the same is run in a row; thresholds and baseline are held against the median of each figure' -r
complete -c sse -n "__fish_sse_using_subcommand bench" -l report -d 'Write the report as a page for a browser: figures, charts, warnings, plan and environment' -r -F
complete -c sse -n "__fish_sse_using_subcommand bench" -l hgrm -d 'Write the percentiles of the main time to a file, as the plotters of `HdrHistogram` read them: of the latency; of `replay` the time until a subscriber had all, of `connect` and `idle` that to the first byte, of `stream` that to the first event' -r -F
complete -c sse -n "__fish_sse_using_subcommand bench" -l hlog -d 'Write the histograms of each second to a file, as the tools for `HdrHistogram` logs read them: latency, server latency and send delay; connect and first byte of `connect`; first event and event gap of `stream`; and the other times of the whole run. Their tags say which they are' -r -F
complete -c sse -n "__fish_sse_using_subcommand bench" -l csv -d 'Write what happened in each second to a file: comma-separated values, and a header line that names them. The column `time` says which time the percentiles are of, the same as of --hgrm; it is empty with `replay` and `idle`, which have none in a second' -r -F
complete -c sse -n "__fish_sse_using_subcommand bench" -l save-baseline -d 'Write the report as JSON to a file, for --baseline of later runs' -r -F
complete -c sse -n "__fish_sse_using_subcommand bench" -l color -d 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c sse -n "__fish_sse_using_subcommand bench" -l clamp -d 'Where more subscribers are asked for than fit into the files that this process and its workers may open: use as many as fit, and say so in the report'
complete -c sse -n "__fish_sse_using_subcommand bench" -l dry-run -d 'Say what would be done, and what it needs, and do nothing'
complete -c sse -n "__fish_sse_using_subcommand bench" -l restart-server -d '`sse bench reconnect`: instead, stop the server with SIGTERM and start it again, with the same command at the same address. Streams come back when it does. Only for a server that --spawn has started, or for a broker of its own, which then has its history on the disk. Events that are due meanwhile are not sent'
complete -c sse -n "__fish_sse_using_subcommand bench" -l no-last-event-id -d 'Send no `Last-Event-ID`, because the URL of subscribers asks for all that there is'
complete -c sse -n "__fish_sse_using_subcommand bench" -s k -l insecure -d 'Take any certificate: the connection is then encrypted, and to nobody knows whom'
complete -c sse -n "__fish_sse_using_subcommand bench" -l http2 -d 'Speak HTTP/2 as a subscriber, many streams on one connection: with TLS the server has to agree to it (ALPN), without it is spoken from the first byte. Publishers stay on HTTP/1.1'
complete -c sse -n "__fish_sse_using_subcommand bench" -s q -l quiet -d 'Say less: errors only'
complete -c sse -n "__fish_sse_using_subcommand bench" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c sse -n "__fish_sse_using_subcommand bench" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sse -n "__fish_sse_using_subcommand bench" -s V -l version -d 'Print version'
complete -c sse -n "__fish_sse_using_subcommand token; and not __fish_seen_subcommand_from mint inspect verify hash help" -l color -d 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c sse -n "__fish_sse_using_subcommand token; and not __fish_seen_subcommand_from mint inspect verify hash help" -s q -l quiet -d 'Say less: errors only'
complete -c sse -n "__fish_sse_using_subcommand token; and not __fish_seen_subcommand_from mint inspect verify hash help" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c sse -n "__fish_sse_using_subcommand token; and not __fish_seen_subcommand_from mint inspect verify hash help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sse -n "__fish_sse_using_subcommand token; and not __fish_seen_subcommand_from mint inspect verify hash help" -s V -l version -d 'Print version'
complete -c sse -n "__fish_sse_using_subcommand token; and not __fish_seen_subcommand_from mint inspect verify hash help" -f -a "mint" -d 'Make a JSON Web Token and print it'
complete -c sse -n "__fish_sse_using_subcommand token; and not __fish_seen_subcommand_from mint inspect verify hash help" -f -a "inspect" -d 'Say what a token claims, what it may do at a broker with these options and this config file, and why not'
complete -c sse -n "__fish_sse_using_subcommand token; and not __fish_seen_subcommand_from mint inspect verify hash help" -f -a "verify" -d 'Say what a token claims, what it may do at a broker with these options and this config file, and why not'
complete -c sse -n "__fish_sse_using_subcommand token; and not __fish_seen_subcommand_from mint inspect verify hash help" -f -a "hash" -d 'Make a static token, and the entry by which the config file knows it'
complete -c sse -n "__fish_sse_using_subcommand token; and not __fish_seen_subcommand_from mint inspect verify hash help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -l jwt-secret -d 'The secret to sign with, 32 bytes at least; @FILE reads it from a file' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -l key -d 'The private key to sign with (PEM, PKCS 8)' -r -F
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -l algorithm -d 'The algorithm [default: HS256, RS256, ES256, ES384 or `EdDSA`, as the key is]' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -l kid -d 'The name of the key, for who has several to verify with' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -l sub -d 'Whose the token is: the user of `$user/…`' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -l session -d 'The session that it is for, of `$session/…`' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -l role -d 'A role; can be repeated' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -l claim -d 'Another claim; can be repeated. A value that is JSON is taken as that, any other is text' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -l subscribe -d 'A topic or pattern that it may subscribe to; can be repeated' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -l publish -d 'A topic or pattern that it may publish to; can be repeated' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -l issuer -d 'Who issues it' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -l audience -d 'Whom it is for; can be repeated' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -l expires -d 'After how long it is over; `never` is for a broker that accepts that [default: 1h]' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -l not-before -d 'From when on it is good: so long from now' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -l color -d 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -l admin -d 'It may see and end connections'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -s q -l quiet -d 'Say less: errors only'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from mint" -s V -l version -d 'Print version'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -l config -d 'The config file of the broker' -r -F
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -l subscribe -d 'Whether it may subscribe to this topic or pattern; can be repeated' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -l publish -d 'Whether it may publish to this topic; can be repeated' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -l path -d 'What it would listen to at this path of a [[route]], such as /sse/events?room=1; can be repeated' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -s o -l output -d 'How it is written' -r -f -a "text\t'Lines for people'
json\t'One JSON object'"
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -l auth -d 'Who may use the broker: everyone, who has a token of the config file ([[token]]), or who has one of these or a JWT' -r -f -a "none\t'Everyone'
token\t'Who has a token of the config file'
jwt\t'Who has one of these, or a JWT'"
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -l jwt-secret -d 'The secret that JWTs are signed with (HS256, HS384, HS512), 32 bytes at least; @FILE reads it from a file' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -l jwt-key -d 'A public key (PEM) that JWTs are signed for (RSA, P-256, P-384, Ed25519); can be repeated' -r -F
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -l jwks -d 'The public keys of an identity provider, as a JSON Web Key Set: a URL, or a file. They are fetched anew every ten minutes, and when a token names a key that is not among them' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -l jwt-algorithm -d 'An algorithm that JWTs may be signed with; can be repeated [default: all that the keys are for]' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -l jwt-issuer -d 'Who may have issued a JWT (`iss`); can be repeated [default: whoever has the key]' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -l jwt-audience -d 'Whom a JWT has to be for (`aud`); can be repeated. Without it, tokens that are for somebody are refused' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -l jwt-leeway -d 'How far the clock of the issuer may be off [default: 10s]' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -l jwt-roles -d 'The claim of a JWT that holds its roles: a text or a list [default: roles]' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -l color -d 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -l jwt-allow-endless -d 'Accept JWTs that never expire (without `exp`)'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -s q -l quiet -d 'Say less: errors only'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from inspect" -s V -l version -d 'Print version'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -l config -d 'The config file of the broker' -r -F
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -l subscribe -d 'Whether it may subscribe to this topic or pattern; can be repeated' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -l publish -d 'Whether it may publish to this topic; can be repeated' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -l path -d 'What it would listen to at this path of a [[route]], such as /sse/events?room=1; can be repeated' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -s o -l output -d 'How it is written' -r -f -a "text\t'Lines for people'
json\t'One JSON object'"
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -l auth -d 'Who may use the broker: everyone, who has a token of the config file ([[token]]), or who has one of these or a JWT' -r -f -a "none\t'Everyone'
token\t'Who has a token of the config file'
jwt\t'Who has one of these, or a JWT'"
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -l jwt-secret -d 'The secret that JWTs are signed with (HS256, HS384, HS512), 32 bytes at least; @FILE reads it from a file' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -l jwt-key -d 'A public key (PEM) that JWTs are signed for (RSA, P-256, P-384, Ed25519); can be repeated' -r -F
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -l jwks -d 'The public keys of an identity provider, as a JSON Web Key Set: a URL, or a file. They are fetched anew every ten minutes, and when a token names a key that is not among them' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -l jwt-algorithm -d 'An algorithm that JWTs may be signed with; can be repeated [default: all that the keys are for]' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -l jwt-issuer -d 'Who may have issued a JWT (`iss`); can be repeated [default: whoever has the key]' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -l jwt-audience -d 'Whom a JWT has to be for (`aud`); can be repeated. Without it, tokens that are for somebody are refused' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -l jwt-leeway -d 'How far the clock of the issuer may be off [default: 10s]' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -l jwt-roles -d 'The claim of a JWT that holds its roles: a text or a list [default: roles]' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -l color -d 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -l jwt-allow-endless -d 'Accept JWTs that never expire (without `exp`)'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Say less: errors only'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from verify" -s V -l version -d 'Print version'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from hash" -l name -d 'What the token is called where it is mentioned; each token of a config file has another name' -r
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from hash" -l color -d 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from hash" -l stdin -d 'Take the token from stdin, 16 characters at least, instead of a random one'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from hash" -s q -l quiet -d 'Say less: errors only'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from hash" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from hash" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from hash" -s V -l version -d 'Print version'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from help" -f -a "mint" -d 'Make a JSON Web Token and print it'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from help" -f -a "inspect" -d 'Say what a token claims, what it may do at a broker with these options and this config file, and why not'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Say what a token claims, what it may do at a broker with these options and this config file, and why not'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from help" -f -a "hash" -d 'Make a static token, and the entry by which the config file knows it'
complete -c sse -n "__fish_sse_using_subcommand token; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sse -n "__fish_sse_using_subcommand completions" -l color -d 'When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c sse -n "__fish_sse_using_subcommand completions" -s q -l quiet -d 'Say less: errors only'
complete -c sse -n "__fish_sse_using_subcommand completions" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c sse -n "__fish_sse_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sse -n "__fish_sse_using_subcommand completions" -s V -l version -d 'Print version'
complete -c sse -n "__fish_sse_using_subcommand help; and not __fish_seen_subcommand_from serve listen send bench token completions help" -f -a "serve" -d 'Run a broker: topics over HTTP, with replay'
complete -c sse -n "__fish_sse_using_subcommand help; and not __fish_seen_subcommand_from serve listen send bench token completions help" -f -a "listen" -d 'Show the events of a stream, and reconnect as a browser does'
complete -c sse -n "__fish_sse_using_subcommand help; and not __fish_seen_subcommand_from serve listen send bench token completions help" -f -a "send" -d 'Publish events to a broker, and print the ID that each was given'
complete -c sse -n "__fish_sse_using_subcommand help; and not __fish_seen_subcommand_from serve listen send bench token completions help" -f -a "bench" -d 'Measure a server: many subscribers, events at a fixed rate, and what became of each'
complete -c sse -n "__fish_sse_using_subcommand help; and not __fish_seen_subcommand_from serve listen send bench token completions help" -f -a "token" -d 'Make tokens for a broker, and see what they may do and why not'
complete -c sse -n "__fish_sse_using_subcommand help; and not __fish_seen_subcommand_from serve listen send bench token completions help" -f -a "completions" -d 'Print the completion script for a shell'
complete -c sse -n "__fish_sse_using_subcommand help; and not __fish_seen_subcommand_from serve listen send bench token completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sse -n "__fish_sse_using_subcommand help; and __fish_seen_subcommand_from token" -f -a "mint" -d 'Make a JSON Web Token and print it'
complete -c sse -n "__fish_sse_using_subcommand help; and __fish_seen_subcommand_from token" -f -a "inspect" -d 'Say what a token claims, what it may do at a broker with these options and this config file, and why not'
complete -c sse -n "__fish_sse_using_subcommand help; and __fish_seen_subcommand_from token" -f -a "verify" -d 'Say what a token claims, what it may do at a broker with these options and this config file, and why not'
complete -c sse -n "__fish_sse_using_subcommand help; and __fish_seen_subcommand_from token" -f -a "hash" -d 'Make a static token, and the entry by which the config file knows it'
