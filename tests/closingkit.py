"""Sentences that end an Urgent Action, may end it, or only look so; and documents for them."""

from __future__ import annotations

from documentkit import SAMPLES, text_of_sample

CLOSINGS = """
No further action is requested.
NO FURTHER ACTION IS REQUESTED. MANY THANKS TO ALL WHO SENT APPEALS.
NO FURTHER ACTION IS REQUESTED, MANY THANKS TO ALL WHO SENT APPEALS.
MANY THANKS TO ALL WHO SENT APPEALS. NO FURTHER ACTION IS REQUESTED.
No further action is required.
No further action is needed.
No further action is necessary.
No further action is currently requested.
No further action is being requested.
No further action is now requested on this case.
No further action is requested at this time.
No further action is requested at present.
No further action is requested at the present time. Many thanks to all who sent appeals.
No further action is requested by the UA Network.
No further action is requested from the UA Network at this time.
No further action is required from the Urgent Action Network.
No further action by the UA Network is required.
No further action by the Urgent Action Network is needed at present.
No further action is requested on the part of the Urgent Action Network.
No further action is required of the UA network. Many thanks to all those who sent appeals.
No further actions are requested from UA participants.
No further action from the UA Network is currently requested. Thank you to all who took part.
No further appeals are requested.
No further appeals are needed.
No further appeals are required from the UA network, thank you.
No more appeals are needed.
No more letters are needed, thank you.
No additional action is requested from the network.
No other action is required from the Urgent Action Network.
No further Urgent Action is required.
Therefore no further action is requested from the UA network.
For these reasons, no further action is requested at this time.
As he has been released, no further action is requested.
Now that both have been freed, no further action is requested on this case.
In view of her release no further action is requested by the UA Network.
At this time no further action is requested. Many thanks to all who have sent appeals.
However, no further action is requested from the Urgent Action Network.
Amnesty International believes that no further action is needed.
No further action is requested as the charges against him have been dropped.
No further action is required, since the execution was carried out on 12 May.
No further action is requested, but Amnesty International will continue to monitor the case.
No further action is requested. Amnesty International will issue further information if necessary.
No further action is requested. We will continue to monitor this case and respond to developments.
No further action is requested on his behalf. Many thanks to all who sent appeals.
No further action is requested on behalf of the above.
No further action is requested on UA 24/07.
No further action is requested on this UA.
No further action please.
No further action.
NO FURTHER ACTION
NO FURTHER ACTION BY THE UA NETWORK
NO FURTHER ACTION REQUIRED
No further action required from the UA network.
RECOMMENDED ACTION: No further action is required from the UA network.
FURTHER RECOMMENDED ACTION: None. No further action is requested.
FURTHER ACTION: No further action is requested from the Urgent Action network.
These cases require no further action from the Urgent Action Network.
This case requires no further action from the UA Network. Many thanks to all who sent appeals.
The case now needs no further action from the Urgent Action Network.
Please take no further action.
Please take no further action on this case. Thank you to everyone who wrote.
UA participants are asked to take no further action on this case.
Please send no further appeals.
Please send no more appeals.
Please stop sending appeals.
Please stop sending letters.
Please stop all appeals.
Please cease sending appeals. Many thanks to all who have written.
Please do not send any more appeals.
Please do not send any further appeals on this case.
Please do not send further letters.
Please do not send appeals.
STOP ACTION
STOP ACTION! Many thanks to all who sent appeals.
Stop sending appeals.
STOP APPEALS
The Urgent Action is now closed.
This Urgent Action is now closed.
UA 24/07 is now closed.
UA 24/07 is closed.
UA 24/07 (CLOSED)
This UA has been closed.
This Urgent Action has been withdrawn.
This Urgent Action has ended.
This case is now closed.
This action is now closed. Thank you to everyone who took action.
We are closing this Urgent Action.
We are closing this UA. Thank you.
We have decided to close this case.
Amnesty International is closing this case.
We are now ending this action.
This concludes our action on this case. No more appeals are needed.
FINAL OUTPUT
THIS IS THE THIRD AND FINAL OUTPUT FOR UA 24/07
This is the final output on this Urgent Action.
This is the second and final update of UA 24/07.
Final outcome of UA 24/07
This is the final Urgent Action. Many thanks to all who sent appeals.
Further appeals are not needed.
Further action is no longer required.
Further action by the UA network is not requested at this time.
Appeals are no longer needed.
Appeals are now no longer requested.
There is no need for further action.
There is now no need to send further appeals.
There is no longer any call for appeals. No further action is requested.
The cases do not require further action.
Appeals should now stop.
No action is required.
No action is requested at this time.
No futher action is requested.
No furhter action is required from the UA network.
No further acton is requested.
NO FURTHER ACTION IS REQUESTED
“No further action is requested.”
‘NO FURTHER ACTION IS REQUESTED.’ MANY THANKS TO ALL WHO SENT APPEALS.
NOÂ FURTHERÂ ACTIONÂ ISÂ REQUESTED. MANY THANKS TO ALL WHO SENT APPEALS.
NO FURTHER ACTION IS REQUESTEDâ€” MANY THANKS TO ALL WHO SENT APPEALS.
She was freed on 3 May NO FURTHER ACTION IS REQUESTED. MANY THANKS TO ALL WHO SENT APPEALS.
He is well.NO FURTHER ACTION IS REQUESTED.
- No further action is requested.
1. No further action is requested.
NO FURTHER ACTION IS REQUESTED!
No further action is recommended.
There is no further action required at this time.
No further Urgent Action appeals are requested.
No further UA action is requested.
No further action on this case is requested.
No further action at present.
The UA Network is not being asked to take further action at this time.
It is not necessary to send further appeals.
UA Network members need take no further action.
No further action is requested from the UA network. We will inform you of any developments.
No further appeals are requested at this time from the AIUSA UA Network.
You do not need to take any further action.
Please do not take any further action.
Please do not write any more letters.
Please stop writing.
We ask you to stop sending appeals.
No further action is requested at this stage; should the threats resume, a new UA will be issued.
The UA network should take no further action.
No further action is called for.
No further action by the UA Network is possible.
No further action is expected of UA participants.
Please note that no further action is requested.
We would like to inform you that no further action is requested from the UA network.
We are not requesting any further action.
Amnesty International is no longer calling for appeals.
No further action is required by the UA network at this point. Thank you to all who wrote for her.
No further action is requested. Amnesty International will continue monitoring the situation.
No further action is required from UA activists. Please accept our sincere thanks.
Amnesty International is not requesting any further action from the UA network at this time.
NO FURTHER ACTION IS REQUIRED. THANK YOU TO ALL WHO SENT APPEALS.
No further action is requested of you at this time, and many thanks for all you did.
The execution went ahead. No further action is requested by the UA network; thanks to all.
Sadly, no further action is possible on this case.
With regret we must inform you that no further action is requested.
We are pleased to say that no further action is required on this UA.
Following this positive news, no further action is requested from the UA network.
In light of these developments, no further appeals are required at this time.
As a result of this development, no further action by the UA Network is required.
As this case will be dealt with by groups, no further action is requested from the UA Network.
The case will be followed by other means and no further action is requested from UA participants.
RECOMMENDED ACTION: Many thanks to all. No further action is required from the UA network.
RECOMMENDED ACTION: Please take no further action on this UA.
No further action is requested at the current time.
No further action needed at this time - many thanks to all who sent appeals.
No further action requested. Many thanks to all who sent appeals.
no further action requested
No further action is requested - thank you for your appeals.
No further action is required: many thanks to all who took part.
There is no further action requested from the UA Network.
There are no further actions requested at this time.
The Urgent Action network is not required to take any further action at this time.
Participants need not send any further appeals.
We would ask that no further appeals be sent.
Appeals on behalf of Ana Ruiz are no longer necessary.
Appeals are not needed any more.
Further appeals on his behalf are not required.
This Urgent Action is therefore closed.
The UA is now closed; many thanks for your appeals.
This UA is hereby closed. Many thanks to all.
We can now close this Urgent Action.
We are therefore closing this Urgent Action.
Amnesty International has decided to close this Urgent Action.
Urgent Action closed
URGENT ACTION CLOSED
UA 24/07 CLOSED
CASE CLOSED
UA: CLOSED
STOP ACTION - UA 24/07
URGENT ACTION: STOP ACTION
PLEASE STOP ACTION
PLEASE DO NOT SEND ANY MORE APPEALS ON THIS CASE
Kindly stop sending appeals with immediate effect.
Please refrain from sending further appeals.
Please discontinue appeals.
Do not send any further appeals.
This is the fourth and final update on UA 24/07.
This is the final update for this Urgent Action.
FINAL UPDATE
FINAL OUTCOME
THIS IS THE SECOND AND FINAL OUTPUT FOR UA 24/07.
THIS IS THE FINAL OUTPUT FOR THIS URGENT ACTION
No further action is requested from the Amnesty International network.
No further action is required from our activists.
No further action is requested from Amnesty supporters and the UA Network at this time.
No further action is requested for Tomas Arrieta.
No further action is requested in the case of Tomas Arrieta.
No further action is required on her case at present
Thanks to your appeals, no further action is required.
It is therefore not necessary to take further action.
No more action is required from the UA Network.
Nothing further is requested.
No further action is requested although AI will keep monitoring the situation.
Please take no further action on this case. Many thanks to all who sent appeals.
This UA is now closed. Many thanks to all who sent appeals.
We have no further information and are closing this case.
We have received no further information and are therefore closing the UA.
Amnesty International has no further information on this case and is now closing this Urgent Action.
Amnesty International is no longer calling for appeals on behalf of Ana Ruiz.
STOP ACTION: UA 24/07 Ana Ruiz
STOP ACTION UA 24/07
STOP ACTION NOTICE
UA STOP ACTION
*** STOP ACTION ***
The execution was carried out on 3 May. There is no further need for appeals.
The execution was carried out as planned, no further appeals please.
UA 12/03 is closed and replaced by UA 45/03.
Further recommended action: none
FURTHER RECOMMENDED ACTION: None.
RECOMMENDED ACTION: None
RECOMMENDED ACTION: NONE REQUIRED
RECOMMENDED ACTION: No action is requested at this time.
FURTHER RECOMMENDED ACTION: No further action by UA participants is requested at this stage.
ACTION: none
FURTHER ACTION: NONE
N0 FURTHER ACT1ON IS REQUESTED
N0 FURTHER ACTI0N IS REQUESTED. MANY THANKS T0 ALL WH0 SENT APPEALS.
NO FURTHER ACTlON IS REQUESTED.
No futher action is requested. Many thanks to all.
No further action is reqested.
No further action is requestd.
No further action is rquested at this time.
No further action is requierd.
No further actoin is neccesary.
No further acion is requested.
No further aciton is required from the UA Network.
No frther action is requested.
No futrher actions are required.
No more action is needed.
No more action.
No more action please. Many thanks to all who sent appeals.
No more appeals, please.
No more letters please.
No further appeals please.
The Urgent Action Network is asked to take no further action.
Members of the Urgent Action Network are requested to take no further action on this case.
UA Network members are asked not to send any further appeals.
Members are requested not to send any more appeals.
Please do not write any further letters on behalf of Ana Ruiz.
Do not send further appeals.
Please, no more appeals.
There is no further action to be taken by the Urgent Action Network. Thank you to all who wrote.
There is nothing further for the UA Network to do on this case.
There is no more that the Urgent Action Network can do. This UA is closed.
Action on this case is now closed.
Action on behalf of Ana Ruiz is now closed.
Urgent Action 24/07 on behalf of Ana Ruiz is now closed.
The Urgent Action on behalf of Ana Ruiz has been closed.
The Urgent Action for Ana Ruiz is therefore closed.
UA 24/07 on Ana Ruiz is closed.
This Urgent Action is no longer active.
This UA is no longer current.
This action is no longer active.
This Urgent Action has expired and is closed.
This Urgent Action is cancelled.
UA 24/07 has been cancelled.
This Urgent Action is hereby terminated.
UA 24/07 should be considered closed.
Please consider this UA closed.
Please consider this Urgent Action closed.
Please regard this case as closed.
Please treat this UA as closed.
We consider this Urgent Action closed.
With this update we close the Urgent Action on Ana Ruiz.
With this update, the Urgent Action is closed.
With this, the UA comes to an end.
This Urgent Action has come to an end.
This brings our Urgent Action to a close.
This brings this Urgent Action to an end.
Amnesty International is therefore ending this Urgent Action.
Amnesty International has now concluded its Urgent Action on this case.
Amnesty is closing the Urgent Action.
We will be closing this Urgent Action.
The International Secretariat has decided to close this Urgent Action.
The International Secretariat is not requesting any further action.
Amnesty International does not request any further action on this case.
Amnesty International is not asking for further appeals at this time.
We do not require any further action from the network at this time.
We no longer require appeals on this case.
We are no longer asking members to send appeals.
We are not asking you to take further action.
We are not asking for any more appeals.
No action is needed from the network.
No action required.
No action is being requested from the UA Network.
No additional appeals are needed at this time.
No subsequent action is requested.
No new action is requested.
No follow-up action is required.
No further campaigning is requested.
No further campaigning on this case is required.
No further urgent appeals are required.
No further UA appeals please.
No further messages are needed.
No further emails are requested.
No further activity is required from the network.
Appeals can now stop.
Appeals may now stop.
You can stop sending appeals.
You may now stop sending appeals.
Please now stop sending appeals.
All appeals should cease.
Appeals should be stopped immediately.
Appeals should cease forthwith.
Appeals should be discontinued.
Letters are no longer required.
Letters and faxes are no longer needed.
Your appeals are no longer needed.
Action is no longer required.
Action is no longer requested from the Network.
Action by the UA Network is no longer required.
Further action by the Urgent Action network is not necessary.
Further action from you is not required at this time.
It is no longer necessary to send appeals.
It is now unnecessary to send further appeals.
Further appeals are unnecessary.
Further action is unnecessary.
Further appeals would now serve no purpose. Please stop sending appeals.
Further appeals at this stage would not be helpful. No further action is requested.
The UA network is no longer asked to act on this case.
The UA Network is no longer requested to send appeals.
UA participants are no longer requested to send appeals.
Urgent Action participants need take no further action on this case.
Participants do not need to take further action.
UA members are not being asked to do anything more.
You are not being asked to take any further action.
You are no longer asked to take action.
This is the final update.
THIS IS THE FINAL UPDATE
This is the last update on this Urgent Action.
This will be the final update on this case.
This will be the last update on UA 24/07.
This is the third and final UA for Ana Ruiz.
This is the fourth and final Urgent Action on UA 24/07.
THIRD AND FINAL OUTPUT FOR UA 24/07
FOURTH AND FINAL UPDATE ON UA 24/07
FINAL UPDATE ON UA 24/07
FINAL UPDATE: UA 24/07
Final output: UA 24/07
UA 24/07 - FINAL OUTPUT
UA 24/07: FINAL UPDATE
UA CLOSURE
URGENT ACTION CLOSURE
CLOSURE OF UA 24/07
Closure of Urgent Action 24/07
UA CLOSED: 24/07
URGENT ACTION UPDATE: CASE CLOSED
This document closes UA 24/07.
This closes the Urgent Action.
This closes UA 24/07.
This update closes the Urgent Action on Ana Ruiz.
We are happy to report that this action can now be closed.
This case can now be closed.
This UA can now be closed.
This UA can be closed.
The UA may now be closed.
NO FURTHER ACTION IS REQUESTED AT THIS TIME FROM THE UA NETWORK
NO FURTHER ACTION IS REQUESTED BY UA PARTICIPANTS
NO FURTHER ACTION IS REQUIRED; THANK YOU
NO FURTHER ACTION!
No further action is requested of the UA network, which sent thousands of appeals.
NO FURTHER ACTION - UA 24/07
UA 24/07 - NO FURTHER ACTION
UA 24/07 - NO FURTHER ACTION REQUIRED
Further information on UA 24/07: no further action is requested
No further action (UA 24/07).
In these circumstances no further action is requested.
Under these circumstances, Amnesty International requests no further action.
Amnesty International requests no further action on the part of the Network.
We request no further action.
We ask for no further action.
We ask for no further appeals.
We ask that you take no further action.
We ask members to take no further action.
We now ask you to end your appeals.
We recommend no further action by the UA network.
We advise that no further action is necessary.
Amnesty International feels that no further action by the network would be helpful.
Amnesty International considers that no further action is useful at this stage.
No further action is useful at this stage.
No further action by the network would be helpful.
No further action will be requested.
No further action will be requested from the UA network.
No further action will be required on UA 24/07.
As there is no further action to take, this UA is closed.
No further action is asked for, many thanks to everyone.
No further action from the UA network at this point.
No further action from the UA network.
No further action for the UA network at present.
No further action on the part of the Urgent Action Network at this point, thank you.
No further action required at this time by the UA Network - thank you to all who sent appeals!
>NO FURTHER ACTION IS REQUESTED.
> No further action is requested. Many thanks to all who sent appeals.
| No further action is requested.
[No further action is requested.]
(No further action is requested.)
***NO FURTHER ACTION IS REQUESTED***
=== NO FURTHER ACTION ===
No-further-action is requested.
No further-action is requested.
No further action is re-quested.
Nofurther action is requested.
NOFURTHERACTIONISREQUESTED
No further action isrequested.
No further action, thanks to all who sent appeals.
Many thanks to all who sent appeals, no further action is requested.
Many thanks to all who sent appeals - no further action is required.
Many thanks to all who sent appeals and please take no further action.
Thank you for your appeals. You do not need to write again.
This case will now be followed up by other means.  The UA network is not asked to do more.
N O  F U R T H E R  A C T I O N  I S  R E Q U E S T E D
N O   F U R T H E R   A C T I O N
S T O P   A C T I O N
N O   F U R T H E R   A C T I O N   I S   R E Q U E S T E D
The Urgent Action Network's work on this case is finished.
We therefore do not ask for any more letters.
UA members should stop sending faxes.
Please end all action on this case.
Please cease all action on this UA.
We have now closed this UA.
Thank you for taking action. You do not have to do anything else.
Thank you to everyone; the Urgent Action is over.
This action has been stopped.
The UA is stopped with immediate effect.
UA 24/07 is discontinued.
Please note that UA 24/07 is closed.
Please be advised that this case is closed.
Kindly note the closure of this Urgent Action.
The case has been resolved and no further action is needed.
Case resolved. No more letters.
Appeals: not required
Recommended action: not applicable
No appeals are requested at this time.
No appeals are needed.
No letters are requested.
We are not requesting appeals at this time.
At this stage we do not request further appeals.
Amnesty International is not calling for further appeals on this case.
We are pleased to close this Urgent Action with good news.
No further action is requested from the UA Network other than to share this news.
Amnesty International will take up the case by other means, no further action by members is needed.
Do not take any more action on this UA.
Do not take action on this UA.
""".strip().splitlines()
"""Each ends a document that asks for nothing else."""

NEVER_SURE = """
Until then no further action is requested.
No further action is requested for now.
No further action is requested at present. An update will follow.
No further action is requested on behalf of Ana Ruiz. Please continue to send appeals for Luis Ruiz.
No further action is requested. If possible, please send a final letter thanking the President.
Her family has requested that no further action be taken on her behalf.
No further action was requested from the UA Network in May.
Please suspend all appeals.
Please do not send any more appeals until you hear from us.
This Urgent Action is suspended.
Amnesty International was told that no further action is required.
There is no further action for the UA Network to take.
No further involvement of the UA Network is required.
No further work on this case is requested.
No further work by the UA Network is needed.
No further letter writing is requested.
No further involvement is requested from the network.
No further mobilization is required.
We would be grateful if you would take no further action.
We thank all who sent appeals and ask that no further action be taken.
It is recommended that no further appeals be sent.
It is requested that no further action be taken by the UA network.
Amnesty International does not believe that further action is needed.
Amnesty International does not consider further appeals necessary.
No further action would be useful at this time.
No further action can be taken by the UA Network.
No further action can be taken on this case.
No further UAs will be issued on this case.
No further updates will be issued on this UA.
Thank you for your letters. No more are needed.
No more are needed, thank you.
No further ones are required.
N O   F U R T H E R   A C T I O N   I S   R E Q U E S T E D   F R O M   T H E   U A   N E T W O R K
No further action is requested, but you may wish to write to the family.
No further action is requested, although letters of thanks to the Governor would be appreciated.
No further action is required. However, a final round of appeals would be helpful.
No further action is required. One last letter to the Governor would be appreciated.
No further action is needed, but cards to the family would be welcome.
No further action is requested. You can write to him at the address below.
No further action is requested apart from a letter of thanks to the Minister.
No further action is requested other than messages of thanks.
No further action is requested except for messages to the family.
Apart from letters of thanks no further action is requested.
No further action is requested beyond a last letter to the Minister.
No further action is requested. Optional: a short message of thanks to the judge.
No further action is requested. Optional action: write to the Ministry.
No further action is required, but those who can may express their disappointment to the Governor.
No further action is requested. Groups may wish to follow the case.
No further action is requested. Sections with contacts in Qumar may continue to raise the case.
Please do not send any more appeals for the next two weeks.
Please do not send appeals for the time being.
Please stop sending appeals until the verdict on 3 May.
Please stop all appeals to the Minister of Justice but continue writing to the President.
Please stop sending appeals to the President, and write to the Minister instead.
Please do not send further appeals to the President. Appeals to the Minister are still needed.
No further appeals to the President are requested; please write to the new Minister instead.
No further action is requested on behalf of Ana Ruiz, but Luis Ruiz remains in detention.
No further action is requested on behalf of Ana Ruiz. Her brother is still held.
No further action is requested for Ana Ruiz and Luis Ruiz. The other three remain in prison.
No further action is requested on behalf of those released. Three others are still detained.
No further action is requested for the moment; we shall inform you about the date of the trial.
No further action is requested at present, but please be ready to send appeals at short notice.
No further action is requested at present. Please stand by.
No further action is requested for two weeks.
No further action is required before the hearing on 4 June.
No further action is requested this week.
No further appeals are requested while negotiations go on.
No further action is requested during the talks.
At the request of the family no further action should be taken.
At the family's request, please take no further action for now.
Appeals should stop until further notice.
Appeals are suspended.
Action on this case is suspended.
This Urgent Action is on hold.
This UA is temporarily closed.
Urgent Action paused
UA 24/07 SUSPENDED
Please hold your appeals.
Please wait before sending appeals.
Please await further instructions.
Please put your appeals on hold.
Action is suspended until the appeal is heard.
The UA will be closed on 3 May.
This Urgent Action will be closed after 3 May.
We plan to close this Urgent Action at the end of the month.
We may close this UA soon.
This Urgent Action will close on 30 May.
UA 24/07 is closed and replaced by UA 45/07. Please send appeals on UA 45/07.
UA 24/07 has been replaced by UA 45/07.
This UA is superseded by UA 45/07.
This UA is now a long-term case. Please do not send appeals through the network.
No further action on UA 24/07: see UA 45/07 for new recommended action.
The action has been transferred to the Regional Action Network.
The case has been handed over to groups, who will take it up.
No further action on behalf of Ana Ruiz is being sought.
Our campaign for Ana Ruiz ends here.
Network members should not write any further appeals.
This UA was closed on 3 May.
The Urgent Action was closed following her release.
There is no more to be done on this case by the Network.
NO FURTHER ACTION NEEDED - CASE CLOSED
No further appeals to the authorities are needed.
Please discard UA 24/07.
Please disregard this Urgent Action.
Please destroy all copies of this UA.
""".strip().splitlines()
"""Each is for a person, whatever else its document says."""

DOUBTFUL = [
    *NEVER_SURE,
    *"""
Until then, no further action is requested from the UA Network.
No further action is requested until the court has given its verdict.
No further action is requested for the moment.
No further action is requested for the time being.
No further action is requested at this time. We will send you an update after the hearing.
No further action is requested at present; further appeals may be requested after the trial.
No further action is requested pending the decision of the court.
No further action is required unless he is arrested again.
In the meantime no further action is requested.
No further action is requested on behalf of Ana Ruiz. Luis Ruiz remains in detention.
No further action is requested. Please send a last round of appeals welcoming the release.
No further action is requested. You may wish to thank the Minister.
No further action is requested. If you wish to send a message of thanks, please write to the King.
No further appeals are needed for Ana Ruiz, but the others are still held.
No further action should be taken.
Please suspend appeals until further notice.
Please hold all appeals.
Please stop sending appeals for now.
The case is now closed.
This is our last update.
Many thanks to all who sent appeals.
Many thanks to all who sent appeals. If you wish to send a letter of thanks, you may do so.
Thank you to everyone who took action.
His lawyer told Amnesty International that he is free and that no further action is requested.
He said that he was free, therefore no further action is requested.
Both have been released and are at home with their families.
Amnesty International will continue to monitor the case.
No further appeals by the network have been asked for.
We are not asking for any further appeals for the time being.
We ask you to send a final round of letters.
No further action is requested. Amnesty International will issue a new UA when a date is set.
No further action is requested. Letters of thanks to the Governor would be welcome.
No further action is requested. UA participants are invited to write to the Governor.
Ana Ruiz was executed on 3 May. Many thanks to all who sent appeals.
Ana Ruiz was released on 3 May. Thank you for your appeals.
Merci a tous ceux qui ont envoye des appels.
Muchas gracias a todas las personas que enviaron llamamientos.
Vielen Dank an alle, die Appelle geschrieben haben.
""".strip().splitlines(),
]
"""Each leaves open whether a document that asks for nothing else is at its end."""

HOLDS = [
    *NEVER_SURE,
    *"""
N O   F U R T H E R   A C T I O N   I S   R E Q U E S T E D
Aucune action complémentaire n'est requise. Merci à tous ceux qui ont envoyé des appels.
Aucune autre action n'est requise de la part du Réseau d'actions urgentes.
No se requieren nuevas acciones. Gracias a todas las personas que enviaron llamamientos.
No se solicita ninguna nueva acción por parte de la Red de Acción Urgente.
No se pide ninguna otra acción.
No es necesario enviar más llamamientos.
Weitere Appelle sind nicht erforderlich. Vielen Dank allen, die Appelle geschrieben haben.
Keine weiteren Aktionen erforderlich.
Es ist keine weitere Aktion nötig.
Non sono richieste ulteriori azioni. Grazie a quanti hanno inviato appelli.
Er is geen verdere actie nodig. Hartelijk dank aan iedereen die heeft geschreven.
Não é necessária nenhuma outra ação.
Aucun nouvel appel n'est demandé.
Il n'est plus nécessaire d'envoyer des appels.
""".strip().splitlines(),
]
"""Each holds even a document that asks for appeals in full."""

PROSE = """
The minister said that no further action was required against the officers.
The minister said that no further action is required against the officers.
The Minister of the Interior told reporters that “no further action is required”.
“No further action is required,” the minister said.
"No further action is needed," said the Chief of Police.
The police said that no further action is needed.
The prosecutor decided to take no further action.
The police took no further action.
No further action was taken against the soldiers.
No further action has been taken by the authorities.
No further action was taken.
The court ruled that no further action is necessary.
According to the ministry, no further action is required.
No further action is required against the officers.
No further action is required by the authorities.
The commission concluded that no further action should be taken against the soldiers.
The police have announced that no further action will be taken.
The prosecutor ordered that no further action be taken.
He has no further appeals left.
No further appeals were possible.
The court heard no further appeals.
His final appeal was rejected by the Supreme Court.
His final appeals have failed.
The case against him was closed in 2004.
The prosecutor says that the case is now closed.
He was told to stop writing.
The police made him stop sending letters to the newspaper.
The editor was warned that he must stop taking part in protests.
They could not send any more letters to their families.
Please do not send appeals after 10 August 2006.
Please do not send appeals to the family.
The office of the union has been closed.
The newspaper is now closed.
The march ended without violence.
Since then there has been no further information.
There has been no further news of them.
The final report of the commission was published in May.
The army wants to stop action by the union.
The authorities took no action.
No action has been taken to find them.
The police refused to take action.
Police closed the case of his brother, who died in 1999.
No action was taken against the officers, the court said.
The trial was closed to the public.
No further appeal is possible.
No other letters have reached the family.
They called on the police to ensure that no further action is taken against her.
We urge that no further action be taken against them.
They were asked to write a confession.
He was forced to stop writing for the newspaper.
Thousands sent letters; the government did not reply to any of these letters.
URGENT ACTION: OVER 100 STUDENTS DETAINED
The family may not send him any more letters.
The minister has taken no further action.
The embassy said it would take no further action on the letters.
The government promised that more would be done.
Police said no further action would be taken.
The Attorney General stated that no further action was necessary.
The inquiry recommended no further action against the guards.
The Ombudsman found that no further action is warranted by the army.
The prosecutor's office said it was closing the case.
The governor said that he would take no further action.
They have exhausted their appeals and no further appeals are pending.
He has not been able to send further letters to his lawyer.
The families ask the government to stop sending soldiers.
The court is not asking for further letters.
The editor stopped sending articles to the newspaper.
The strike ended on 3 May, and the case is closed, according to the police.
The authorities have closed this case.
The ministry claims the case has been closed and no further action is needed.
The judge ordered the final report on the case to be kept secret.
Her final letter reached the family in June.
Amnesty International is concerned that no action has been taken by the authorities.
Amnesty International is concerned that no further action has been taken against them.
The company was told that no further letters should be sent to the workers.
Local authorities took no further action in the case of his brother.
As far as Amnesty International is aware no further action has been taken to find him.
He was warned not to send more letters.
They were told that they must not take any further action.
The government has stopped all action on land rights.
His appeals have been heard and closed.
The case remains open and the investigation has not been closed.
No other action has been announced.
No more letters from him have reached his family.
No further appeal was lodged.
This case has been closed by the prosecutor.
END OF URGENT ACTION APPEAL
END OF URGENT ACTION
----- END OF URGENT ACTION APPEAL -----
--- end of document ---
END OF MESSAGE
The final output of the commission is awaited by the families.
The final output of the truth commission named 200 soldiers.
The final update of the list of the missing was published in May.
His last letter to the family was dated 3 May.
In his final message to his supporters he asked them not to lose hope.
She was able to send a last message to her mother.
He has appealed, and further appeals are possible.
The Supreme Court rejected his final appeal; there is no further avenue of appeal.
All his legal appeals have been exhausted and he could be executed at any time.
If no further appeals are filed, the execution will go ahead on 3 May.
No further appeals are available to him under the law.
No further legal appeals are possible and only the governor can save him.
He has no more appeals pending.
No further action has been taken by the court on the petition.
There has been no action on the petition.
No action was taken on the complaint which his wife made.
The complaint was closed for lack of evidence.
The police station was closed and the family was turned away.
The authorities closed the case for lack of evidence.
The prosecutor closed her case in 2009.
The case of Ana Ruiz has been closed by the military court.
The radio station was closed down.
The union's office was closed by the police on 3 May.
The investigation was ended without result.
The authorities must end all attacks on human rights defenders.
We call on the government to stop all executions.
The authorities should stop the execution.
- asking them to stop sending people to Qumar, where they are at risk;
- calling on them to end the use of torture;
- urging that no further action be taken against her for her peaceful work;
- asking that no further executions take place;
- calling for no further action to be taken against the students;
- urging the authorities to close the case against him;
- calling for the case against them to be closed and the charges withdrawn;
- urging them to stop action against the union.
They were told by the guards to stop writing letters.
The director told the prisoners that no more letters would be delivered.
No more letters are delivered to the prisoners.
No letters from him have reached his family since May.
No further news has been received.
No further details are available.
No further information is available at present.
No further information has been requested.
There is no further information on his whereabouts.
Amnesty International has no further information on his whereabouts.
The hearing was closed to observers.
The hearing ended without a verdict.
No further hearings are needed, said the judge.
No further evidence is required under the law.
No further warrants are required for an arrest.
No other action is open to the families.
No other appeal is possible after the decision of the court.
The authorities said no action was needed because the men were safe.
The government says that the matter is closed.
The government regards the matter as closed.
The governor's office told the lawyers that no further action is necessary.
According to the police the case is closed.
It is feared that no action will be taken to protect her.
Unless further action is taken she may be sent back.
Amnesty International fears that no action is being taken to protect the village.
Please check with the Amnesty office in your country if you wish to send appeals after the deadline.
Please do not send appeals after 6 May 2018 without checking with your section.
Please do not send appeals to the prison.
Please do not send letters to his family.
Please do not telephone the prison.
Please do not use the words of the sample letter.
Thank you to all who sent appeals on the first Urgent Action; he is still in danger.
Many thanks to all who have sent appeals so far. Please keep them coming.
In 2005 Amnesty International issued UA 12/05, which was closed when he was freed.
The previous Urgent Action, UA 12/05, was closed in 2006 after his release.
He was the subject of UA 12/05, which ended when he was released.
A previous UA on his behalf (UA 12/05) was closed in June 2005.
This is the last chance to stop the execution.
It may be the last appeal that saves him.
A final decision is expected on 3 May.
His final appeal for clemency is before the President.
Write your last appeals before 3 May.
The last update of this law was in 1998.
Final exams were to begin that week.
The company stopped all work on the dam.
The president has suspended all executions.
The court suspended his sentence pending appeal.
The hearing has been postponed until 3 May.
No further action was taken, and the case was closed.
The army ended its action in the valley.
The Ministry of Justice closed the action against the newspaper.
There is no need for the authorities to hold him.
There is no further need to hold him, the judge said.
No new evidence was called for by the court.
""".strip().splitlines()
"""Each says nothing of the Urgent Action itself."""

ENDED = {
    "V1": """PUBLIC AI Index: AMR 91/015/1999
12 January 1999

Further information on UA 298/98 (AMR 91/014/1998, 30 November 1998) - Fear for safety

EL DORADO Tomas Arrieta Vidal (m), human rights lawyer

Tomas Arrieta Vidal left the country on 4 January, and is safe.

{}
""",
    "V2": """PUBLIC
AI Index: MDE 97/009/2006
4 August 2006

Further information on UA 178/06 (MDE 97/005/2006, 29 June 2006) - Fear of torture

QUMAR - Salim al-Rashedi (m), aged 32, teacher

Salim al-Rashedi was released without charge on 1 August. He thanked all who had written.

{}
""",
    "V3": """Further information on UA: 324/13 Index: MDE 97/004/2014 Qumar Date: 9 January 2014

URGENT ACTION
STUDENT RELEASED
Student Dina Farahat was acquitted by a court of appeal in Port Qumar on 7 January.

{}

This is the second update of UA 324/13. Further information: http://www.example.org/MDE97/075/2013

Name: Dina Farahat
Gender m/f: f

Further information on UA: 324/13 Index: MDE 97/004/2014 Issue Date: 9 January 2014
""",
    "V4": """URGENT ACTION TITLE: JOURNALIST RELEASED

PUBLICATION DATE: 12 April 2018

URGENT ACTION TYPE AND NUMBER: FOURTH UA 60/16

INDEX NUMBER: EUR 98/8100/2018

URGENT ACTION SUMMARY:
Journalist Ilir Vorpsi was released from Prison No. 4 in Szohod on 9 April.

{}

NAME AND PRONOUN: Ilir Vorpsi (he/him)

LINK TO PREVIOUS UA: https://www.example.org/en/documents/eur98/8023/2018/en/
""",
    "V5": """URGENT ACTION

UNION LEADER RELEASED
Abena Koroma, who leads the union of teachers, was pardoned on 2 July and is free.

{}

She was arrested on 3 February. We will continue to monitor her situation as appropriate.

NAME AND PREFFERED PRONOUN: Abena Koroma (she/her)
""",
}
"""A document of each layout that asks for nothing; the sentence goes between the braces."""


def asking(name: str, sentence: str) -> str:
    """The sample `name`, which asks for appeals in full, with `sentence` in its background."""
    head, found, rest = text_of_sample(name).partition(_BACKGROUND[name])
    assert found
    return f"{head}{found}\n{sentence}\n\n{rest.lstrip()}"


_BACKGROUND = {
    "sample-v1": "BACKGROUND INFORMATION",
    "sample-v2": "BACKGROUND INFORMATION",
    "sample-v3": "\nADDITIONAL INFORMATION",
    "sample-v4": "BACKGROUND INFORMATION (400 WORDS + RELEVANT LINKS):",
    "sample-v5": "\nADDITIONAL INFORMATION",
}
assert _BACKGROUND.keys() == set(SAMPLES)
