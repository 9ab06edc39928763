
# __banctl_words sets words, cword, cur and prev from what bash tells of the command
# line. bash breaks words also at the characters of COMP_WORDBREAKS: those that "="
# or ":" broke are joined again. cur ends at the cursor.
__banctl_words()
{
    local i word begin=0 rest=$COMP_LINE space before=
    words=() cword=0 cur= prev=
    for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
        word=${COMP_WORDS[i]}
        space=${rest%%[![:space:]]*}
        rest=${rest#"$space"}
        if [[ -n $space || $i -eq 0 || ! ( $word == [=:]* || $before == *[=:] ) ]]; then
            words+=("$word")
            begin=$((${#COMP_LINE} - ${#rest}))
        else
            words[${#words[@]}-1]+=$word
        fi
        rest=${rest#"$word"}
        before=$word
        if ((i == COMP_CWORD)); then
            cword=$((${#words[@]} - 1))
            ((COMP_POINT > begin)) && cur=${COMP_LINE:begin:COMP_POINT-begin}
            words[cword]=$cur
            break
        fi
    done
    ((cword > 0)) && prev=${words[cword-1]}
    return 0
}
