"""Who answers what where a derivative is a choice? Every case, asked of every backend."""
