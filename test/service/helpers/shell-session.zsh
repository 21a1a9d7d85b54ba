# A real shell at a terminal of its own: types each line and a tab, then has the shell write down what its line became.
# Arguments: the shell's command, a file that it reads first, the file that it writes lines to at Control-T, and the lines.
zmodload zsh/zpty
command=$1 setup=$2 answers=$3
shift 3
zpty session $command
zpty -w session "source $setup"
for line in "$@"; do zpty -n -w session "$line"$'\t\C-t'; done
# What it draws is read all the while, or it would stop.
until [[ -f $answers && $(wc -l <$answers) -ge $# ]]; do zpty -r -t session || sleep 0.05; done >/dev/null
