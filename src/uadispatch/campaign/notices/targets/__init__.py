"""The officials to write to, with every contact: `targets.read_targets`.

targets, target, target_ids                 all of them, one of them, and what each is called
blocks, one_line, two_officials, mixing     where one ends and the next begins
officials, official_names, offices, office_words    names and offices
contact_lines, contact_labels, contact_values       how each is reached
greeting_targets, salutations               how each is greeted
whereabouts, cities                         the country and the zone of an address
"""
