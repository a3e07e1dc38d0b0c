# bash completion for polytap
_polytap() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  case $previous in
    -b|--backend) COMPREPLY=($(compgen -W 'ebpf ptrace uprobe ftrace' -- "$current")); return ;;
    -f|--format) COMPREPLY=($(compgen -W 'text json' -- "$current")); return ;;
    -p) COMPREPLY=($(compgen -W "$(cd /proc && echo [0-9]*)" -- "$current")); return ;;
    -c|--cmd) COMPREPLY=($(compgen -c -- "$current")); return ;;
    -B) COMPREPLY=($(compgen -W 'full line none' -- "$current")); return ;;
    -d|--dump|--debug) COMPREPLY=($(compgen -W 'ast ir all' -- "$current")); return ;;
    --no-feature) COMPREPLY=($(compgen -W 'kprobe_multi kprobe_session uprobe_multi' -- "$current")); return ;;
    -o|--output|--traceable-functions) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --debuginfo) COMPREPLY=($(compgen -d -- "$current")); return ;;
    -e|-l|--list|--probe-filter|--dwarf-pid) return ;;
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W '-B -e -c --cmd -p --pid -a --system-wide -b --backend --explain -f --format -o --output -l --list --fmt -d --dump --debug -k --warnings -I --include --probe-filter --info --usdt-file-activation
      --btf --debuginfo --dwarf-pid --no-feature --traceable-functions --verify-llvm-ir
      --dry-run --test --bench --mode -q --quiet -v --verbose --no-warnings --unsafe --together --clean -V --version -h --help' -- "$current"))
  else
    local commands=''
    [ "$COMP_CWORD" -eq 1 ] && commands='compare doctor strace symbolize'
    COMPREPLY=($(compgen -W "$commands" -- "$current") $(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _polytap polytap
