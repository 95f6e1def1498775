"""What every experiment uses: a claim, its effort, intervals, backends' answers."""
